"""Builds the Debian packages that Debian 13 does not have, and keeps them in the cache.

The build runs in a minimal Debian tree that mmdebstrap makes and removes: the compiler is Debian
13's, whatever this machine is. Its network is cut off once the source is there.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mairie.lab.cache import Progress, cache_dir, forget_unused, locked, silent
from mairie.lab.debian import keep_packages, mmdebstrap, write_index
from mairie.lab.errors import LabError
from mairie.packages.asterisk import Recipe, shared_files

_LOG = "asterisk"
_STEP = "mairie: "
"""What the build scripts write before the name of a step, and before what went wrong."""


@dataclass(frozen=True, slots=True)
class Built:
    """A package in the cache."""

    path: Path
    version: str
    seconds: float
    """How long the build took; 0 when it was there."""

    @property
    def cached(self) -> bool:
        """Whether it was there already."""
        return self.seconds == 0


def ensure_asterisk(progress: Progress = silent, recipe: Recipe | None = None) -> Built:
    """Return the package of Asterisk, built when it is not in the cache.

    Nothing half-made stays in the cache, Ctrl-C included. Raises LabError when the build fails.
    """
    recipe = recipe or Recipe()
    with locked("asterisk"):
        folder = cache_dir() / f"asterisk-{recipe.key}"
        package = folder / recipe.file_name
        seconds = 0.0
        if not package.exists():
            started = time.monotonic()
            _build(recipe, folder, progress)
            seconds = time.monotonic() - started
        forget_unused("asterisk", recipe.key)
    return Built(package, recipe.package_version, seconds)


def offer(built: Built, packages: Path) -> None:
    """Add a package to the folder from which the lab's hosts install (``Images.packages``)."""
    with locked("images"):
        for old in packages.glob("asterisk_*.deb"):
            if old.name != built.path.name:
                old.unlink()
        shutil.copyfile(built.path, packages / built.path.name)
        write_index(packages)


def _build(recipe: Recipe, folder: Path, progress: Progress) -> None:
    """Make ``folder`` with the package and the list of what it was built with."""
    sources = cache_dir() / "sources" / "asterisk"
    sources.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="asterisk.", dir=cache_dir()) as scratch:
        given, made = Path(scratch) / "given", Path(scratch) / "made"
        made.mkdir()
        for name, text in shared_files().items():
            target = given / "recipe" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        (given / "modules").write_text("".join(f"{name}\n" for name in recipe.modules))
        fetch = f"{recipe.suite} '{recipe.version}' {recipe.dsc_sha256} '{recipe.dsc}'"
        hooks = [
            'mkdir -p "$1"/build/source',
            f"sync-in {given} /build",
            f"sync-in {sources} /build/source",
            keep_packages(),
            f'chroot "$1" sh /build/recipe/fetch {fetch}',
            f"sync-out /build/source {sources}",
            'unshare --net chroot "$1" bash /build/recipe/build '
            f"'{recipe.package_version}' {recipe.epoch}",
            f"copy-out /build/package.deb /build/buildinfo {made}",
        ]
        progress("Preparing a Debian 13 with a compiler (once; all in all six minutes)")
        with _steps(progress):
            try:
                mmdebstrap(None, recipe.build_packages, hooks, progress, log=_LOG)
            except LabError as error:
                raise LabError(_explained(error)) from error
        (made / "package.deb").rename(made / recipe.file_name)
        for file in made.iterdir():
            file.chmod(0o644)
        shutil.rmtree(folder, ignore_errors=True)
        made.chmod(0o755)
        made.rename(folder)


def _explained(error: LabError) -> str:
    """Put what the scripts say went wrong before mmdebstrap's own words."""
    lines = (cache_dir() / f"{_LOG}.log").read_text(errors="replace").splitlines()
    said = [line.removeprefix(_STEP) for line in lines if line.startswith(_STEP)]
    return "\n".join(["The package of Asterisk could not be built.", *said[-8:], str(error)])


@contextmanager
def _steps(progress: Progress) -> Iterator[None]:
    """Tell the steps that the build's log names, as they come."""
    log = cache_dir() / f"{_LOG}.log"
    log.unlink(missing_ok=True)
    over = threading.Event()

    def follow() -> None:
        told = 0
        while True:
            last = over.wait(0.5)
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            steps = [line.removeprefix(_STEP) for line in lines if line.startswith(_STEP)]
            for step in steps[told:]:
                progress(step)
            told = len(steps)
            if last:
                return

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()
