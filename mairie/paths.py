"""Where the files that travel with the package are: in a checkout or in the installed wheel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


class PathsError(RuntimeError):
    """A file that travels with the package is missing."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Folders and files beside the Python package."""

    deploys: Path
    templates: Path
    group_data: Path
    conformance: Path
    requirements_lock: Path


def assets() -> Assets:
    """Return where they are.

    A checkout and a bundle on a host have them beside the package; the wheel has them in
    ``mairie/share``.

    Raises:
        PathsError: neither place has them.

    """
    for root in (PACKAGE / "share", PACKAGE.parent):
        if (root / "deploys").is_dir():
            return at(root)
    raise PathsError(
        f"The folder deploys/ is neither in {PACKAGE / 'share'} nor in "
        f"{PACKAGE.parent}: the installation is damaged; install mairie again."
    )


def at(root: Path) -> Assets:
    """Return the layout under one root, existing or not."""
    return Assets(
        deploys=root / "deploys",
        templates=root / "templates",
        group_data=root / "group_data",
        conformance=root / "tests" / "conformance",
        requirements_lock=root / "requirements.lock",
    )


def cache_dir() -> Path:
    """Return the folder for what can be made again: ``$MAIRIE_CACHE``, else ``~/.cache/mairie``."""
    override = os.environ.get("MAIRIE_CACHE")
    if override:
        return Path(override)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mairie"
