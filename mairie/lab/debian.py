"""Debian's own tools on the machine that runs the lab: apt and mmdebstrap."""

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mairie.lab.cache import Progress, cache_dir
from mairie.lab.errors import LabError

SUITE = "trixie"
"""The Debian release of every host, in the lab as in production (Debian 13)."""

_TIDY_SECONDS = 60
_ARCHIVES = "/var/cache/apt/archives"
_KEYRING = Path("/usr/share/keyrings") / f"debian-archive-{SUITE}-stable.gpg"


def as_root(argv: Sequence[str]) -> list[str]:
    """Return ``argv`` as root runs it: itself for root, through sudo for others."""
    if os.geteuid() == 0:
        return list(argv)
    if shutil.which("sudo"):
        return ["sudo", *argv]
    raise LabError(
        f"This needs root: {shlex.join(argv)}. "
        "There is no sudo here: run that command as root, then try again."
    )


def ensure_programs(needed: Mapping[str, str], progress: Progress) -> None:
    """Install with apt the packages whose program is absent.

    ``needed`` maps a program, as a name on the PATH or an absolute path, to its Debian package.
    Raises LabError when apt fails or when this is not a Debian.
    """
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted(
        {package for program, package in needed.items() if not shutil.which(program, path=path)}
    )
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise LabError(
            f"These Debian packages are needed: {', '.join(missing)}. "
            "There is no apt-get here: the lab needs a Debian or Ubuntu machine."
        )
    progress(f"Installing {', '.join(missing)} with apt")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if _run(as_root([*environment, *install])) != 0:
        # The package lists may be old or empty: refresh them once.
        _run(as_root([*environment, "apt-get", "update"]))
        if _run(as_root([*environment, *install])) != 0:
            raise LabError(
                f"apt could not install {', '.join(missing)}. "
                f"Install them by hand (apt-get install {' '.join(missing)}), then try again; "
                f"apt's words are in {_log('apt')}."
            )


def mmdebstrap(
    target: Path | None,
    include: Sequence[str],
    hooks: Sequence[str],
    progress: Progress,
    *,
    log: str,
) -> None:
    """Make a minimal Debian tree, as the tar file ``target`` or, with None, for the hooks alone.

    ``include`` are packages on top of the ``minbase`` variant; ``hooks`` are mmdebstrap customize
    hooks, run in order. Downloaded packages are in ``/var/cache/apt/archives`` while they run; the
    hook ``keep_packages()`` saves them for the next run. No initrd is made for a kernel. Raises
    LabError with the end of the log.
    """
    needed = {"mmdebstrap": "mmdebstrap"}
    if not _KEYRING.exists():
        needed[str(_KEYRING)] = "debian-archive-keyring"
    if os.geteuid() != 0:
        needed["newuidmap"] = "uidmap"
    ensure_programs(needed, progress)
    if not _KEYRING.exists():
        raise LabError(
            f"The archive keys of Debian {SUITE} are not on this machine, even though the package "
            "debian-archive-keyring is installed: upgrade it, then try again."
        )
    (_pool() / "partial").mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial") if target else None
    command = [
        *["env", "INITRD=No"],
        "mmdebstrap",
        "--variant=minbase",
        f"--format={'tar' if target else 'null'}",
        f"--include={','.join(include)}",
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=Acquire::Retries "3"',
        # Keep downloaded packages between runs (mmdebstrap(1), "As a caching tool").
        "--skip=download/empty",
        "--skip=essential/unlink",
        f'--setup-hook=mkdir -p "$1"{_ARCHIVES}',
        f"--setup-hook=sync-in {_pool()} {_ARCHIVES}",
        *(f"--customize-hook={hook}" for hook in hooks),
        SUITE,
        str(partial or "-"),
    ]
    try:
        status = _run(command, log)
    except BaseException:
        if partial:
            partial.unlink(missing_ok=True)
        raise
    if status != 0:
        if partial:
            partial.unlink(missing_ok=True)
        tail = "\n".join(_log(log).read_text(errors="replace").splitlines()[-12:])
        raise LabError(
            f"mmdebstrap could not build the image (exit code {status}). It needs to reach a "
            f"Debian mirror. The whole log is in {_log(log)}; it ends with:\n{tail}"
        )
    if partial and target:
        partial.replace(target)


def keep_packages() -> str:
    """Return the mmdebstrap hook that saves downloaded packages in the cache."""
    return f"sync-out {_ARCHIVES} {_pool()}"


def _pool() -> Path:
    return cache_dir() / "debs"


def write_index(folder: Path) -> None:
    """Make ``folder`` of .deb files a flat APT repository: write its ``Packages`` index."""
    stanzas = []
    for package in sorted(folder.glob("*.deb")):
        control = subprocess.run(
            ["dpkg-deb", "--field", str(package)], check=True, capture_output=True, text=True
        ).stdout.rstrip("\n")
        digest = sha256(package)
        stanzas.append(
            f"{control}\nFilename: ./{package.name}\n"
            f"Size: {package.stat().st_size}\nSHA256: {digest}\n"
        )
    (folder / "Packages").write_text("\n".join(stanzas))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _log(name: str) -> Path:
    return cache_dir() / f"{name}.log"


def _run(command: Sequence[str], log: str = "apt") -> int:
    with _log(log).open("w") as handle:
        handle.write(f"$ {shlex.join(command)}\n")
        handle.flush()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle)
        try:
            return process.wait()
        except BaseException:
            # mmdebstrap and apt tidy up when they are asked to end.
            process.terminate()
            try:
                process.wait(_TIDY_SECONDS)
            finally:
                process.kill()
            raise
