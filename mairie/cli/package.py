"""``mairie package``: Debian packages that Debian 13 does not have."""

from __future__ import annotations

import shutil
from pathlib import Path

import click


@click.command("package")
@click.argument("name", type=click.Choice(["asterisk"]))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to copy the package into; without it, it stays in the cache.",
)
def command(name: str, output: Path | None) -> None:  # noqa: ARG001 - there is one so far
    """Build the package NAME from Debian's source, once: afterwards it comes from the cache.

    The same recipe gives the same bytes. Takes about six minutes on two processors.
    """
    from mairie.errors import MairieError
    from mairie.lab.building import ensure_asterisk

    built = ensure_asterisk(lambda step: click.echo(step, err=True))
    path = built.path
    if output:
        path = output / built.path.name
        try:
            output.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(built.path, path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MairieError(f"{path} cannot be written: {reason}") from None
    took = "from the cache" if built.cached else f"built in {built.seconds:.0f} s"
    click.echo(f"{path}: {built.version}, {built.path.stat().st_size / 1e6:.1f} MB, {took}")
