"""The recipe of Asterisk's package, and what is said when it cannot be built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mairie.files import voip
from mairie.lab import building
from mairie.lab.cache import Progress, cache_dir
from mairie.lab.errors import LabError
from mairie.packages.asterisk import MODULES, Recipe, shared_files


def test_key_changes_with_everything_that_decides() -> None:
    recipe = Recipe()
    assert recipe.key == Recipe().key
    others = [
        replace(recipe, version="1:22.11.0-1"),
        replace(recipe, dsc_sha256="0" * 64),
        replace(recipe, epoch=0),
        replace(recipe, modules=MODULES[1:]),
        replace(recipe, build_packages=()),
    ]
    assert len({recipe.key, *(other.key for other in others)}) == len(others) + 1


def test_key_changes_with_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Recipe().key
    monkeypatch.setattr("mairie.packages.asterisk.shared_files", lambda: {"build": "exit 0"})
    assert Recipe().key != before


def test_names_leave_the_epoch_out() -> None:
    recipe = replace(Recipe(), version="1:22.1+x-1", revision="~m1")
    assert recipe.dsc == "asterisk_22.1+x-1.dsc"
    assert recipe.file_name == "asterisk_22.1+x-1~m1_amd64.deb"
    assert recipe.package_version == "1:22.1+x-1~m1"


def test_hosts_ask_for_this_version_or_a_later_one() -> None:
    """A host that has an older one has not the modules that its configuration loads."""
    assert Recipe().package_version == voip.OLDEST


def test_modules_are_listed_once_in_order() -> None:
    assert list(MODULES) == sorted(set(MODULES))


@pytest.mark.parametrize(
    "module",
    [
        "app_system",
        "app_mixmonitor",
        "app_externalivr",
        "func_shell",
        "func_curl",
        "func_env",
        "res_agi",
        "res_prometheus",
        "res_pjsip_endpoint_identifier_anonymous",
    ],
)
def test_what_runs_programs_or_lets_strangers_in_is_not_there(module: str) -> None:
    assert module not in MODULES


def test_files_of_the_package_are_the_service_and_its_user() -> None:
    installed = {name for name in shared_files() if name.startswith("files/")}
    assert installed == {
        "files/usr/lib/systemd/system/asterisk.service",
        "files/usr/lib/sysusers.d/asterisk.conf",
        "files/usr/lib/tmpfiles.d/asterisk.conf",
    }


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAIRIE_CACHE", str(tmp_path))
    return tmp_path


def _builder(text: str, monkeypatch: pytest.MonkeyPatch, failure: BaseException | None) -> None:
    """Replace mmdebstrap by what writes ``text`` to the log, then fails or makes a package."""

    def fake(
        _target: None, _include: Sequence[str], hooks: Sequence[str], _said: Progress, *, log: str
    ) -> None:
        (cache_dir() / f"{log}.log").write_text(text)
        if failure:
            raise failure
        made = Path(hooks[-1].split()[-1])
        (made / "package.deb").write_bytes(b"deb")
        (made / "buildinfo").write_text("gcc 14\n")

    monkeypatch.setattr(building, "mmdebstrap", fake)


def test_second_time_comes_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _builder("noise\nmairie: Compiling\n", monkeypatch, None)
    said: list[str] = []
    first = building.ensure_asterisk(said.append)
    assert said[1:] == ["Compiling"]
    assert first.path.read_bytes() == b"deb"
    assert first.path.parent.parent == cache
    assert not first.cached
    _builder("", monkeypatch, AssertionError("built again"))
    second = building.ensure_asterisk(said.append)
    assert second.cached
    assert second.path == first.path


def test_failure_says_what_the_build_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "mairie: Debian testing has these versions of asterisk, and not 1:22:\nmairie:   1:23\n"
    _builder(text, monkeypatch, LabError("mmdebstrap could not build"))
    with pytest.raises(LabError, match=r"could not be built\.\nDebian testing has(.|\n)*1:23"):
        building.ensure_asterisk()
    assert not list(cache.glob("asterisk[-.]?*/"))


def test_interruption_leaves_nothing_half_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _builder("", monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        building.ensure_asterisk()
    assert [path.name for path in cache.iterdir() if path.is_dir()] == ["sources"]


def test_what_the_brick_loads_is_in_the_package() -> None:
    assert set(voip.MODULES) - set(MODULES) == set()
