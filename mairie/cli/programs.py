"""Programs of bricks on a host, run for a command: lessons, vouchers, phones."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mairie.errors import EXIT_HOST_FAILED, MairieError
from mairie.question import ask_host
from mairie.transport import Transport


def run_program(
    host: str,
    transport: Transport,
    program: str,
    arguments: Sequence[str],
    *,
    seconds: int,
    look: str,
) -> str:
    """Run a program on a host; return what it printed, and show what it said beside that.

    Args:
        host: name of the host.
        transport: how to get there.
        program: its name.
        arguments: of the program.
        seconds: how long it may take.
        look: command that says what came of it, when the answer was lost.

    Raises:
        MairieError: the host cannot be reached, or the program refused.

    """
    script = f'exec {program} "$@"'
    done = ask_host(
        host, transport, script, *arguments, seconds=seconds, late=f"look at it: {look}"
    )
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        said = said or f"the program ended with {done.returncode}"
        raise MairieError(f"{host}: {said}", exit_code=EXIT_HOST_FAILED)
    if said:
        click.echo(f"{host}: {said}", err=True)
    return done.stdout.decode()
