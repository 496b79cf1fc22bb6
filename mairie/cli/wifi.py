"""``mairie wifi``: what is on the air, and what opens it."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.options import identity_option, inventory_option
from mairie.cli.private_files import to_a_terminal
from mairie.cli.secrets import identity_of
from mairie.inventory.load import load
from mairie.plan.parts.wifi import Network
from mairie.secrets.logins import Logins, OnAir
from mairie.secrets.vault import Vault


@click.group("wifi")
def command() -> None:
    """Networks of gateways' own radios, and what opens them."""


@command.command()
@click.argument("host")
@click.option("--yes", is_flag=True, help="Print even when the output is not a terminal.")
@inventory_option
@identity_option
def show(*, host: str, yes: bool, inventory: Path, identity: Path | None) -> None:
    """Print the networks of HOST's radios, with passphrases and keys, to a terminal only."""
    vault = Vault(inventory, load(inventory))
    to_a_terminal(yes=yes)
    found = Logins(vault).on_air(host, identity_of(vault, identity))
    for number, network in enumerate(found.networks):
        if number:
            click.echo()
        for name, value in _facts(network, found):
            click.echo(f"{name:<14} {value}")
    if found.lesson_code:
        click.echo(f"\n{'lesson code':<14} {found.lesson_code}")


def _facts(network: Network, found: OnAir) -> list[tuple[str, str]]:
    facts = [("network", network.ssid), ("segment", network.segment)]
    match network.security:
        case "enterprise":
            facts.append(("opens with", "a log-in by name: mairie people show"))
        case "personal":
            facts.append(("passphrase", found.passphrases[network.name]))
        case "open":
            facts.append(("opens with", "nothing"))
        case "devices":
            facts += [
                ("device", f"{device.name}, {device.mac}, key {found.keys[device.name]}")
                for device in network.devices
            ]
    return facts
