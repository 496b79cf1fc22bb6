from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from mairie import runtime
from mairie.archive import unpack
from mairie.paths import assets
from mairie.runtime import PROJECTS, RuntimeBuildError, Runtimes, host_runtime


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Small wheels instead of those of an index; returns the log of downloads."""
    monkeypatch.setenv("MAIRIE_CACHE", str(tmp_path / "cache"))
    downloads: list[str] = []

    def download(requirements: str, machine: str, python: str, into: Path) -> None:
        assert "--hash=sha256:" in requirements
        downloads.append(f"{machine}-{python}")
        with zipfile.ZipFile(into / "pyinfra-3.10.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("pyinfra/__init__.py", "x = 1")
            wheel.writestr("pyinfra/api/metadata.py", "import pydantic")
            wheel.writestr("pyinfra/py.typed", "")
            wheel.writestr("gevent/core.so", f"for {machine}")
            wheel.writestr("gevent/core.pyx", "source")
            wheel.writestr("gevent/tests/test_a.py", "a test")
            wheel.writestr("pyinfra-3.10.0.dist-info/RECORD", "")
            wheel.writestr(
                "pyinfra-3.10.0.dist-info/METADATA",
                "Metadata-Version: 2.4\nName: pyinfra\nVersion: 3.10.0\nRequires-Dist: x\n\nlong",
            )
            wheel.writestr(
                "pyinfra-3.10.0.dist-info/entry_points.txt",
                "[console_scripts]\npyinfra = x:y\n\n[pyinfra.connectors]\ndocker = a:b\n"
                "local = c:d\nssh = e:f\n",
            )

    monkeypatch.setattr(runtime, "_download", download)
    return downloads


def test_content(wheels: list[str]) -> None:
    files = unpack(host_runtime("x86_64-3.13").data)
    assert files["pyinfra-3.10.0.dist-info/METADATA"].decode() == (
        "Metadata-Version: 2.4\nName: pyinfra\nVersion: 3.10.0\n"
    )
    assert files["pyinfra-3.10.0.dist-info/entry_points.txt"].decode() == (
        "[pyinfra.connectors]\nlocal = c:d\nssh = e:f\n"
    )
    assert {name for name in files if not name.startswith(("paramiko", "pygments"))} == {
        "pyinfra/__init__.py",
        "gevent/core.so",
        "pyinfra-3.10.0.dist-info/METADATA",
        "pyinfra-3.10.0.dist-info/entry_points.txt",
    }
    assert wheels == ["x86_64-3.13"]


def test_made_once_per_platform_and_remembered(wheels: list[str]) -> None:
    first = host_runtime("x86_64-3.13")
    assert host_runtime("x86_64-3.13") == first
    assert host_runtime("aarch64-3.13").digest != first.digest
    assert wheels == ["x86_64-3.13", "aarch64-3.13"]
    runtimes = Runtimes()
    other = host_runtime("aarch64-3.13").digest
    assert runtimes.known() == {"x86_64-3.13": first.digest, "aarch64-3.13": other}
    assert runtimes("x86_64-3.13") == first
    assert len(wheels) == 2


def test_a_damaged_cache_is_made_again(wheels: list[str], tmp_path: Path) -> None:
    first = host_runtime("x86_64-3.13")
    kept = tmp_path / "cache" / "runtime" / f"{first.digest}.tar.xz"
    kept.write_bytes(b"damaged")
    assert host_runtime("x86_64-3.13") == first
    assert len(wheels) == 2


@pytest.mark.parametrize("platform", ["riscv64-3.13", "x86_64-3.9", "x86_64", ""])
def test_other_platforms_are_refused_in_words(platform: str) -> None:
    with pytest.raises(RuntimeBuildError, match="the host must be Debian 13"):
        host_runtime(platform)


def test_the_lock_names_every_project_with_hashes() -> None:
    lines = runtime._requirements(assets().requirements_lock.read_text()).splitlines()
    assert [line.partition("==")[0] for line in lines] == list(PROJECTS)
    assert all("--hash=sha256:" in line for line in lines)
    with pytest.raises(RuntimeBuildError, match=r"does not name .*pyinfra"):
        runtime._requirements("click==8 \\\n    --hash=sha256:00\n")


def test_no_index_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAIRIE_CACHE", str(tmp_path))
    for name, value in (
        ("NO_INDEX", "1"),
        ("FIND_LINKS", str(tmp_path)),
        ("CONFIG_FILE", "/dev/null"),
    ):
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(RuntimeBuildError, match="could not be downloaded by pip"):
        host_runtime("x86_64-3.13")


def test_stand_ins_can_be_imported_but_not_used() -> None:
    names: dict[str, Any] = {"__name__": "paramiko.agent"}
    source = (Path(runtime.__file__).parent / "host" / "absent.py").read_text()
    exec(compile(source, "paramiko/agent.py", "exec"), names)  # noqa: S102
    missing = names["__getattr__"]("SSHClient")
    child = type("Child", (missing,), {})
    assert issubclass(child, Exception)
    with pytest.raises(RuntimeError, match="of paramiko is not part of the runtime"):
        child()
