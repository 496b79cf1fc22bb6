"""``mairie package``: Debian packages that Debian 13 does not have, made and given to the hubs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mairie.cli.options import ask_passphrase, identity_option, inventory_option

if TYPE_CHECKING:
    from mairie.lab.building import Built


@click.group("package")
def command() -> None:
    """Make the packages that Debian 13 does not have, and give them to the hubs."""


@command.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to copy the package into; without it, it stays in the cache.",
)
def asterisk(output: Path | None) -> None:
    """Build Asterisk from Debian's source, once: afterwards it comes from the cache.

    The same recipe gives the same bytes. Takes about six minutes on two processors.
    """
    from mairie.errors import MairieError

    built = _asterisk()
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


@command.command()
@inventory_option
@identity_option
@click.option(
    "--reach", default="", metavar="[USER@]HOST", help="Reach the hub here, not by its name."
)
@click.option("--local", is_flag=True, help="The hub is this machine.")
def publish(inventory: Path, identity: Path | None, reach: str, local: bool) -> None:
    """Sign the packages and have every hub that needs them serve them to its communes.

    A package that is not in the cache is built first.
    """
    from mairie.cli.hosts import Hosts
    from mairie.cli.targets import Targets
    from mairie.errors import MairieError
    from mairie.inventory import load
    from mairie.packages.publish import publish as send
    from mairie.packages.repository import repository
    from mairie.plan.resolve import resolve
    from mairie.secrets.identity import find_identity
    from mairie.secrets.signing import Signing, needed
    from mairie.secrets.vault import Vault

    territory = load(inventory)
    if not needed(territory):
        raise MairieError(
            f"no commune of {territory.name} has telephones, so no host needs packages of the hub"
        )
    opener = find_identity(
        inventory, demo=territory.syndicate.demo, option=identity, ask=ask_passphrase()
    )
    key = Signing(Vault(inventory, territory)).private(opener)
    hubs = [plan for plan in resolve(territory).values() if plan.is_hub and plan.packages]
    if (reach or local) and len(hubs) > 1:
        names = ", ".join(plan.name for plan in hubs)
        raise MairieError(f"--reach and --local are for one hub; these need packages: {names}")
    built = _asterisk()
    files = repository({built.path.name: built.path.read_bytes()}, key)
    hosts = Hosts(inventory, Targets(everything=True), 1, reach, local)
    for plan in hubs:
        send(plan.name, hosts.transport(plan), files)
        click.echo(f"{plan.name} offers asterisk {built.version}")
    click.echo("Hosts install it when they are deployed, and newer ones by themselves at night.")


def _asterisk() -> Built:
    from mairie.lab.building import ensure_asterisk

    return ensure_asterisk(lambda step: click.echo(step, err=True))
