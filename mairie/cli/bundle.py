"""``mairie bundle``: everything for one host in one file."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.options import ask_passphrase, identity_option, inventory_option
from mairie.cli.targets import select_one


@click.command("bundle")
@click.argument("host")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, mode 600: it holds the host's secrets.",
)
@identity_option
@inventory_option
def command(host: str, output: Path, identity: Path | None, inventory: Path) -> None:
    """Write the bundle of HOST: the same inventory gives the same bytes."""
    from mairie.bundle import make_bundle
    from mairie.inventory import load
    from mairie.plan.resolve import resolve_host
    from mairie.secrets.identity import find_identity
    from mairie.secrets.vault import Vault

    territory = load(inventory)
    name = select_one(territory, host)
    opened = find_identity(
        inventory, demo=territory.syndicate.demo, option=identity, ask=ask_passphrase()
    )
    secrets = Vault(inventory, territory).host_secrets(name, opened)
    bundle = make_bundle(resolve_host(territory, name), secrets)
    bundle.write(output)
    click.echo(f"{output}: {name}, {len(bundle.archive.data)} bytes, {bundle.archive.digest}")
