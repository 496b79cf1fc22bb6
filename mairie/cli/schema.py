"""``mairie schema``: JSON Schemas of the inventory files."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.errors import MairieError


@click.command
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("schemas"),
    show_default=True,
    help="Folder to write into.",
)
def command(output: Path) -> None:
    """Write JSON Schemas, with which an editor completes and explains the inventory files."""
    from mairie.inventory.layers import read_layer
    from mairie.inventory.schema import schemas
    from mairie.paths import assets

    reference = assets().group_data / "all.py"
    texts = schemas(read_layer(reference, str(reference)).data)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (output / name).write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MairieError(f"{output} cannot be written: {reason}") from None
    for name in texts:
        click.echo(str(output / name))
