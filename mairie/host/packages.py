"""Packages that not every source of packages has."""

from __future__ import annotations

import shlex
from collections.abc import Generator

from pyinfra.api.command import StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host
from pyinfra.facts.files import File


@operation()
def offered(package: str, program: str, where: str) -> Generator[StringCommand, None, None]:
    """Stop with a sentence when a package is not there and no source of this host has it.

    Args:
        package: its name.
        program: absolute path of a program of it; where that is, nothing is asked.
        where: what to do to have it, as the end of the sentence.

    """
    if host.get_fact(File, path=program):
        host.noop(f"{package} is installed")
        return
    sentence = f"No source of packages of this host has {package}: {where}"
    yield StringCommand(
        f"apt-cache show --no-all-versions {shlex.quote(package)} >/dev/null 2>&1 || "
        f"{{ echo {shlex.quote(sentence)} >&2; exit 1; }}"
    )
