"""The host runtime: the Python libraries a host needs to apply its bundle and verify itself.

It is made from the wheels named in ``requirements.lock`` (hashes checked by pip), for the Python
and the processor of the host, without what a host never uses; it is sent once per version.
See docs/decisions/0020-host-runtime.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePosixPath

from mairie.archive import Archive, digest_of, pack
from mairie.paths import PACKAGE, assets, cache_dir

PROJECTS = [
    "click",
    "distro",
    "gevent",
    "greenlet",
    "iniconfig",
    "jinja2",
    "markupsafe",
    "msgspec",
    "packaging",
    "pluggy",
    "pyinfra",
    "pytest",
    "pytest-testinfra",
    "python-dateutil",
    "six",
    "typeguard",
    "typing-extensions",
    "zope-event",
    "zope-interface",
]
"""Projects of requirements.lock whose wheels go into the runtime."""

ABSENT = [
    "paramiko/__init__.py",
    "paramiko/agent.py",
    "paramiko/auth_handler.py",
    "paramiko/config.py",
    "paramiko/hostkeys.py",
    "paramiko/transport.py",
    "pygments/__init__.py",
    "pygments/lexer.py",
    "pygments/formatters/__init__.py",
    "pygments/formatters/terminal.py",
    "pygments/lexers/__init__.py",
    "pygments/lexers/diff.py",
    "pygments/lexers/python.py",
]
"""Modules imported by pyinfra or pytest at start and never used on a host."""

CONNECTORS = ("local", "ssh")
"""pyinfra loads every connector it finds; ssh is its default and must be importable."""

PLATFORMS = ("x86_64", "aarch64")
USUAL_PLATFORM = "x86_64-3.13"
PYTHONS = ("3.11", "3.12", "3.13")
"""What a host may have; Debian 13 has 3.13."""

_DROPPED_FOLDERS = re.compile(
    r"(^|/)(tests?|testing|docs?|__pycache__)/|\.data/|^gevent/(libuv|_ffi)/|^greenlet/platform/"
    r"|^dateutil/zoneinfo/|^gevent/libev/_corecffi|^gevent/resolver/cares"
    r"|^gevent/_generated_include/|^pyinfra/api/metadata\.py$"
)
_KEPT_SUFFIXES = {".py", ".so"}
_METADATA = re.compile(r"^(Metadata-Version|Name|Version): .*$", re.MULTILINE)


class RuntimeBuildError(RuntimeError):
    """The runtime cannot be made; the message says why and what to do."""


def host_runtime(platform: str) -> Archive:
    """Return the runtime for a host, from the cache or built now.

    Args:
        platform: ``<machine>-<python>`` as the host says it: ``x86_64-3.13``.

    Raises:
        RuntimeBuildError: the platform is not one we make runtimes for, or wheels are missing.

    """
    machine, _, python = platform.partition("-")
    if machine not in PLATFORMS or python not in PYTHONS:
        raise RuntimeBuildError(
            f"No runtime can be made for {platform}: the host must be Debian 13 (Python 3.13; "
            f"{', '.join(PYTHONS)} are possible) on {' or '.join(PLATFORMS)}."
        )
    requirements = _requirements(assets().requirements_lock.read_text())
    name = _name(platform, requirements)
    folder = name.parent
    try:
        digest = name.read_text()
        data = (folder / f"{digest}.tar.xz").read_bytes()
        if digest_of(data) == digest:
            return Archive.of(digest, data)
    except (FileNotFoundError, ValueError):
        pass
    with tempfile.TemporaryDirectory(prefix="mairie-wheels-") as wheels:
        _download(requirements, machine, python, Path(wheels))
        archive = pack(dict(_contents(Path(wheels))))
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{archive.digest}.tar.xz", archive.data)
    _write(name, archive.digest.encode())
    return archive


class Runtimes:
    """The runtimes of one run, for many hosts at once: each is made at most once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, Archive] = {}

    def __call__(self, platform: str) -> Archive:
        """Return the runtime for a platform; see :func:`host_runtime`."""
        with self._lock:
            if platform not in self._made:
                self._made[platform] = host_runtime(platform)
            return self._made[platform]

    def known(self) -> dict[str, str]:
        """Return the digests of those at hand, by platform; the usual one is made if need be."""
        usual = self(USUAL_PLATFORM)
        requirements = _requirements(assets().requirements_lock.read_text())
        known = {USUAL_PLATFORM: usual.digest}
        for machine, python in product(PLATFORMS, PYTHONS):
            platform = f"{machine}-{python}"
            name = _name(platform, requirements)
            if name.is_file():
                known[platform] = name.read_text()
        return known


def _name(platform: str, requirements: str) -> Path:
    """Return the cache file that holds the digest of a runtime, by what it is made from."""
    return cache_dir() / "runtime" / f"{platform}-{_inputs(requirements)}"


def _inputs(requirements: str) -> str:
    """Return a hash of all that decides the content: requirements, rules, stand-ins."""
    own = Path(__file__).read_bytes() + (PACKAGE / "host" / "absent.py").read_bytes()
    return hashlib.sha256(requirements.encode() + own).hexdigest()[:24]


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)


def _requirements(lock: str) -> str:
    """Return the part of the lock file about PROJECTS, without environment markers.

    Raises:
        RuntimeBuildError: the lock lacks one of them.

    """
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", lock):
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        if match and match[1].lower() in PROJECTS:
            hashes = sorted(re.findall(r"--hash=sha256:[0-9a-f]{64}", block))
            found[match[1].lower()] = " ".join([match[0], *hashes])
    missing = [project for project in PROJECTS if project not in found]
    if missing:
        raise RuntimeBuildError(f"requirements.lock does not name {', '.join(missing)}.")
    return "".join(f"{found[project]}\n" for project in PROJECTS)


def _download(requirements: str, machine: str, python: str, into: Path) -> None:
    (into / "requirements.txt").write_text(requirements)
    platforms = [
        word
        for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "linux")
        for word in ("--platform", f"{tag}_{machine}")
    ]
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary", ":all:", "--require-hashes", "--implementation", "cp",
        "--python-version", python, *platforms,
        "--dest", str(into), "--requirement", str(into / "requirements.txt"),
    ]
    # fmt: on
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-2:]
        raise RuntimeBuildError(
            f"The runtime for Python {python} on {machine} could not be downloaded by pip "
            f"({' '.join(last) or done.stderr.strip()[-300:]}). Check that this machine reaches "
            "its package index, or copy the folder of runtimes from a machine that has them "
            f"({cache_dir() / 'runtime'})."
        )


def _contents(wheels: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file of the runtime."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if _is_kept(name):
                    yield name, _slimmed(name, archive.read(name))
    stand_in = (PACKAGE / "host" / "absent.py").read_bytes()
    for name in ABSENT:
        yield name, stand_in


def _is_kept(name: str) -> bool:
    path = PurePosixPath(name)
    if ".dist-info" in path.parts[0]:
        return path.name in {"METADATA", "entry_points.txt"}
    return path.suffix in _KEPT_SUFFIXES and not _DROPPED_FOLDERS.search(name)


def _slimmed(name: str, content: bytes) -> bytes:
    """Keep of a distribution's metadata what importlib.metadata and plugin loading read."""
    if name.endswith(".dist-info/METADATA"):
        kept = [match[0] for match in _METADATA.finditer(content.decode())][:3]
        return ("\n".join(kept) + "\n").encode()
    if name.startswith("pyinfra-") and name.endswith("entry_points.txt"):
        lines = [
            line
            for line in content.decode().splitlines()
            if line.startswith(("[pyinfra.connectors]", *(f"{c} =" for c in CONNECTORS)))
        ]
        return ("\n".join(lines) + "\n").encode()
    return content
