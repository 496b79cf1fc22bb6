"""``mairie peer``: VPN peers that mairie does not manage, such as technicians' phones."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import segno
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from mairie import peers
from mairie.cli.options import inventory_option
from mairie.cli.private_files import check_output, write_private
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.model.base import Name, WireGuardKey
from mairie.model.territory import Territory
from mairie.plan.peer import peer_config, to_wireguard
from mairie.secrets.keys import new_key_pair

_OWN_KEY = "<the private key made on the device>"


@click.group("peer")
def command() -> None:
    """VPN peers that mairie does not manage: phones, laptops, monitoring."""


@command.command()
@click.argument("name")
@click.option("--label", help="For people; NAME when left out, a technician keeps their own.")
@click.option("--public-key", help="Made on the device; without it, a key pair is made here.")
@click.option("--qr", is_flag=True, help="Show the configuration as a QR code for the phone app.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the configuration into a new file, mode 600, instead of showing it.",
)
@inventory_option
def add(
    *,
    name: str,
    label: str | None,
    public_key: str | None,
    qr: bool,
    output: Path | None,
    inventory: Path,
) -> None:
    """Let a device of NAME, a technician or anything else, into the VPN.

    The private key is shown once and kept nowhere.
    """
    _check_name(name)
    if public_key is not None:
        _check_key(public_key)
        if qr:
            raise MairieError(
                "a QR code needs the private key, which stays on the device when --public-key is "
                "given; leave one of the two out"
            )
    if output is not None:
        check_output(output, inventory)
    territory = load(inventory, secrets=False)
    _check_hubs(territory)
    private = _OWN_KEY
    if public_key is None:
        pair = new_key_pair()
        private, public_key = pair.private, pair.public
    territory = peers.add(inventory, territory, name, (label or name).strip(), public_key)
    text = to_wireguard(peer_config(territory, name), private)
    if output is not None:
        lost = "the private key is lost: revoke this peer and add it again"
        write_private(output, text.encode(), lost)
        click.echo(f"{output} holds the configuration; delete it once the device has it", err=True)
    elif not qr:
        click.echo(text, nl=False)
    if qr:
        # Error correction L: the least dense code, which a phone reads from a terminal.
        segno.make(text, error="l", micro=False).terminal(out=sys.stdout, compact=True)
    _say_deploy(territory, f"{name} is in {inventory / 'syndicate.yaml'}; to let it in:")


@command.command("list")
@inventory_option
def list_(inventory: Path) -> None:
    """List the unmanaged VPN peers with their addresses."""
    territory = load(inventory, secrets=False)
    _check_hubs(territory)
    table = Table(box=None)
    for heading in ("name", "kind", "label", "IPv4", "IPv6", "public key"):
        table.add_column(heading, overflow="fold")
    for name in peers.names(territory.syndicate):
        config = peer_config(territory, name)
        table.add_row(
            name,
            config.kind,
            config.label,
            config.ipv4.removesuffix("/32"),
            config.ipv6.removesuffix("/128"),
            config.public_key,
        )
    # Into a file or a pipe, one peer is one line whatever its width.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@command.command()
@click.argument("name")
@inventory_option
def revoke(name: str, inventory: Path) -> None:
    """Take NAME out of the VPN; a technician keeps their account."""
    territory = peers.revoke(inventory, load(inventory, secrets=False), name)
    _say_deploy(territory, f"{name} is out of {inventory / 'syndicate.yaml'}; to shut it out:")


def _say_deploy(territory: Territory, what: str) -> None:
    click.echo(f"{what} mairie deploy {' '.join(territory.syndicate.hubs)}", err=True)


def _check_name(name: str) -> None:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        raise MairieError(
            f'"{name}" is not a name for a peer; write up to 24 lower-case letters, digits and '
            "single hyphens, starting with a letter, such as phone-hina"
        ) from None


def _check_key(key: str) -> None:
    try:
        TypeAdapter(WireGuardKey).validate_python(key)
    except ValidationError:
        raise MairieError(
            "--public-key is not a WireGuard public key; give the 44 characters that "
            '"wg pubkey" or the app shows'
        ) from None


def _check_hubs(territory: Territory) -> None:
    missing = [hub for hub in territory.syndicate.hubs if hub not in territory.public_keys]
    if missing:
        raise MairieError(
            f"{', '.join(missing)} has no public key yet; make it with "
            f'"mairie secrets generate {" ".join(missing)}"'
        )
