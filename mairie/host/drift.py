"""What a deploy placed, as the plan has it, and how it differs on this host."""

from __future__ import annotations

from collections.abc import Mapping
from grp import getgrgid
from pathlib import Path
from pwd import getpwuid

from mairie.plan.host import HostPlan
from mairie.render import RenderedFile, render_public


class Drift:
    """Files of this host that hold no secret; each brick is rendered once.

    Args:
        plan: of this host.

    """

    def __init__(self, plan: HostPlan) -> None:
        self._plan = plan
        self._files: dict[str, dict[str, RenderedFile]] = {}

    def files(self, brick: str) -> Mapping[str, RenderedFile]:
        """Return path → file of a brick as the plan has it."""
        if brick not in self._files:
            self._files[brick] = {file.path: file for file in render_public(self._plan, brick)}
        return self._files[brick]

    def __call__(self, brick: str, path: str) -> str:
        """Say in French how a file differs from the plan; empty when it does not.

        Raises:
            KeyError: the brick has no such file, or one with a secret.

        """
        return difference(self.files(brick)[path])


def difference(wanted: RenderedFile) -> str:
    """Say in French how the file at its path differs; empty when it does not."""
    path = Path(wanted.path)
    if path.is_symlink():
        return f"{path} est un lien vers {path.readlink()}"
    if not path.is_file():
        return f"{path} manque"
    if path.read_bytes() != wanted.text.encode():
        return f"{path} : son contenu a changé"
    state = path.stat()
    rights = f"{state.st_mode & 0o7777:o} {_user(state.st_uid)}:{_group(state.st_gid)}"
    expected = f"{wanted.mode} {wanted.owner}:{wanted.group}"
    return "" if rights == expected else f"{path} : droits {rights}, attendus {expected}"


def _user(number: int) -> str:
    try:
        return getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return getgrgid(number).gr_name
    except KeyError:
        return str(number)
