"""Which files each brick gives a host: one plain table per brick, read by mairie.render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mairie.paths import assets

LIBRARY = "/usr/local/lib/mairie"
"""Where the programs' modules are: on the path of their wrappers, and of nothing else."""
PARSES = (
    "python3",
    "-c",
    "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[1])",
    "{}",
)
SHELL = ("sh", "-n", "{}")
JSON = ("python3", "-m", "json.tool", "{}", "/dev/null")
VERIFY = ("systemd-analyze", "verify", "--recursive-errors=no", "{}")
"""Checks of a file before it replaces another: see TemplateFile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """One file of a brick on one host, before rendering."""

    path: str
    """Absolute path on the host."""
    template: str = ""
    """Below ``templates/<brick>/``; empty: the path itself, ``etc/hosts.j2`` for /etc/hosts."""
    mode: str = "644"
    """Octal digits."""
    owner: str = "root"
    group: str = "root"
    secret: bool = False
    """The text holds a secret: the template gets ``secrets``, nobody is shown the text."""
    check: tuple[str, ...] | None = None
    """Command that must accept the new file before it replaces the old one.

    One word per item; ``{}`` stands for the path of the new file, which keeps its base name:
    ``("visudo", "-c", "-f", "{}")``.
    """
    context: Mapping[str, Any] = field(default_factory=dict)
    """Names the template gets beside ``plan`` and ``managed``: data shaped first, so that
    templates need no logic."""

    @property
    def source(self) -> str:
        """Path of the template below ``templates/<brick>/``."""
        return self.template or f"{self.path.lstrip('/')}.j2"


def modules(brick: str, *patterns: str) -> tuple[TemplateFile, ...]:
    """Return the modules of a brick's programs, copied as they stand, in the order of their names.

    Args:
        brick: whose templates they are.
        patterns: of paths below the library (pathlib's glob): ``mairie_portal/*.py``.

    """
    templates = assets().templates / brick
    folder = templates / LIBRARY.lstrip("/")
    sources = sorted(source for pattern in patterns for source in folder.glob(pattern))
    names = [source.relative_to(templates).as_posix() for source in sources]
    return tuple(TemplateFile(path=f"/{name}", template=name, check=PARSES) for name in names)
