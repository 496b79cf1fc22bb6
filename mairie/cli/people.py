"""``mairie people``: who may log in, and what each of them needs for it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from mairie.cli.options import identity_option, inventory_option
from mairie.cli.private_files import check_output, to_a_terminal, write_private
from mairie.cli.profiles import profile
from mairie.cli.secrets import identity_of, open_vault
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.inventory.named import check_named
from mairie.secrets import files
from mairie.secrets.certificates import to_pkcs12
from mairie.secrets.logins import Handover, Logins
from mairie.secrets.passwords import new_password
from mairie.secrets.vault import Vault
from mairie.secrets.wifi_record import WifiRecord

_output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write certificate and key into a new file (PKCS#12), mode 600.",
)


@click.group("people")
def command() -> None:
    """People who log in to the Wi-Fi by name, and what they need for it."""


command.add_command(profile)


@command.command("list")
@click.argument("commune", required=False)
@inventory_option
def list_(commune: str | None, inventory: Path) -> None:
    """List the people of COMMUNE, or of all, with the end of their certificates."""
    territory = load(inventory, secrets=False)
    if commune is not None:
        check_named(territory, commune)
    records = files.load_wifi(inventory)
    table = Table(box=None)
    for heading in ("commune", "login", "name", "segment", "methods", "certificate until"):
        table.add_column(heading, overflow="fold")
    for stem, content in territory.communes.items():
        until = records.get(stem, WifiRecord()).certificates
        for login, person in content.people.items() if commune in (None, stem) else ():
            methods = ", ".join(person.methods)
            ends = until.get(login)
            last = str(ends) if ends and "certificate" in person.methods else ""
            table.add_row(stem, login, person.name, person.segment, methods, last)
    # Into a file or a pipe, one person is one line whatever its width.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@command.command()
@click.argument("commune")
@click.argument("login")
@_output
@click.option("--yes", is_flag=True, help="Print even when the output is not a terminal.")
@inventory_option
@identity_option
def show(
    *,
    commune: str,
    login: str,
    output: Path | None,
    yes: bool,
    inventory: Path,
    identity: Path | None,
) -> None:
    """Print what LOGIN of COMMUNE needs, to a terminal only.

    A certificate goes into the file of -o, under a passphrase of its own that is shown once.
    """
    if output is not None:
        check_output(output, inventory)
    vault = open_vault(inventory)
    to_a_terminal(yes=yes)
    found = Logins(vault).handover(commune, login, identity_of(vault, identity))
    if output is not None and found.certificate is None:
        raise MairieError(f"{login} logs in with a password and has no certificate; leave out -o")
    for name, value in _facts(found):
        click.echo(f"{name:<14} {value}")
    if output is not None and found.certificate is not None:
        passphrase = new_password()
        label = f"{login}@{found.server_name}"
        authority = found.authority.certificate
        write_private(output, to_pkcs12(found.certificate, authority, label, passphrase))
        click.echo(f"{'passphrase':<14} {passphrase}")
        click.echo(f"{output} holds the certificate; delete it once the device has it", err=True)
    elif found.certificate is not None:
        click.echo("add -o FILE to write the certificate for the device", err=True)


@command.command("access-point")
@click.argument("gateway")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Print even when the output is not a terminal.")
@inventory_option
@identity_option
def access_point(
    *, gateway: str, name: str, yes: bool, inventory: Path, identity: Path | None
) -> None:
    """Print what is to be written into access point NAME of GATEWAY, to a terminal only."""
    vault = Vault(inventory, load(inventory))
    to_a_terminal(yes=yes)
    logins = Logins(vault)
    address, port, secret = logins.access_point(gateway, name, identity_of(vault, identity))
    click.echo(f"{'RADIUS server':<14} {address}")
    click.echo(f"{'port':<14} {port}")
    click.echo(f"{'secret':<14} {secret}")


@command.command()
@click.argument("commune")
@inventory_option
@identity_option
def authority(commune: str, inventory: Path, identity: Path | None) -> None:
    """Print the certificate of COMMUNE's authority, which devices check; it is no secret."""
    vault = open_vault(inventory)
    click.echo(Logins(vault).authority(commune, identity_of(vault, identity)).certificate, nl=False)


def _facts(found: Handover) -> list[tuple[str, str]]:
    facts = [
        ("login", found.login),
        ("name", found.person.name),
        ("server", found.server_name),
        ("authority", found.authority.fingerprint),
    ]
    if found.password:
        facts.append(("password", found.password))
    if found.certificate is not None:
        facts.append(("certificate", f"until {found.certificate.until}"))
    return facts
