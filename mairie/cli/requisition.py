"""``mairie requisition``: connection records for an authority, and nobody else."""

from __future__ import annotations

import getpass
import hashlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mairie.cli.hosts import KNOWN_HOSTS, Hosts
from mairie.cli.options import ask_passphrase, identity_option, inventory_option, load_territory
from mairie.cli.private_files import check_output, write_private
from mairie.cli.targets import Targets
from mairie.errors import MairieError

if TYPE_CHECKING:
    from mairie.requisitions.sealed import Extract


class HostOrVerb(click.Group):
    """``requisition HOST …`` is ``requisition extract HOST …``: what is not a verb is a host."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Put the verb in front of a host."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["extract", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=HostOrVerb)
def command() -> None:
    """Extract the connection records of HOST for an authority, sealed; verify such a file.

    mairie requisition HOST --from … --to … --reference … -o FILE
    """


@command.command()
@click.argument("host")
@inventory_option
@click.option(
    "--reach", default="", metavar="[USER@]HOST", help="Reach HOST here instead of by its name."
)
@click.option("--local", is_flag=True, help="HOST is this machine.")
@click.option("--from", "since", required=True, help="2026-03-01T14:05 (commune's time), or a day.")
@click.option("--to", "until", required=True, help="Likewise, included.")
@click.option("--address", "end", default="", metavar="A[:PORT]", help="Of the uplink or a device.")
@click.option("--reference", required=True, help="Of the authority's written request.")
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="KEY",
    help="age or SSH public key that alone opens FILE; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="New file to write, mode 600.",
)
def extract(
    *,
    host: str,
    inventory: Path,
    reach: str,
    local: bool,
    since: str,
    until: str,
    end: str,
    reference: str,
    recipients: tuple[str, ...],
    output: Path,
) -> None:
    """Write one sealed extract of the connection records of HOST; HOST logs that it was asked.

    Without --address it holds every visitor of the span: ask for no more than is asked for.
    """
    from mairie.requisitions import ask, sealed
    from mairie.secrets import age
    from mairie.secrets.recipients import normalise, parse

    check_output(output, inventory)
    if not reference.strip():
        raise MairieError("--reference is empty; write the number and date of the written request")
    keys = [parse(normalise(key), "--recipient") for key in recipients]
    hosts = Hosts(inventory, Targets(names=(host,)), 1, reach, local)
    plan, _ = hosts.one()
    if plan.records is None:
        raise MairieError(f"{plan.name} keeps no connection records: its site has no visitors")
    address, port = ask.end_point(end) if end else ("", "")
    wish = ask.Wish(
        since=ask.moment(since, plan.timezone, end=False),
        until=ask.moment(until, plan.timezone, end=True),
        address=address,
        port=port,
        reference=reference,
        by=f"{getpass.getuser()}@{socket.gethostname()}",
    )
    data = ask.extract(plan.name, hosts.transport(plan), wish)
    found = sealed.read(data, output.name)
    # What has arrived is what was sent; whose key it is, "verify" asks.
    sealed.verify(found, found.manifest["host_key"], output.name)
    content = age.encrypted(data, keys) if keys else data
    write_private(output, content)
    tell(output, content, found)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", default="", help="Public SSH key of the host, when no inventory knows it.")
@inventory_option
@identity_option
def verify(file: Path, key: str, inventory: Path, identity: Path | None) -> None:
    """Say whether FILE is what its host signed; exit code 4 when it is not.

    The host's key is the one that "mairie enrol" recorded, or the one given with --key.
    """
    from mairie.requisitions import sealed
    from mairie.secrets import age
    from mairie.secrets.identity import find_identity

    content = data = file.read_bytes()
    if age.is_encrypted(data):
        demo = load_territory(inventory, secrets=False).syndicate.demo
        opener = find_identity(inventory, demo=demo, option=identity, ask=ask_passphrase())
        data = sealed.opened(data, opener, file.name)
    found = sealed.read(data, file.name)
    host = str(found.manifest["host"])
    path = inventory / KNOWN_HOSTS
    recorded = sealed.key_of(host, path.read_text()) if path.exists() else None
    trusted = " ".join(key.split()[:2]) or recorded
    if trusted is None:
        raise MairieError(
            f"no key of {host} is recorded in {path}, so nobody can say who signed {file.name}; "
            'give it with --key "ssh-ed25519 …"'
        )
    sealed.verify(found, trusted, file.name)
    tell(file, content, found)


def tell(path: Path, content: bytes, found: Extract) -> None:
    """Print what an extract is, and the digest of the file for the letter that goes with it."""
    manifest = found.manifest
    click.echo(f"{path}: {manifest['records']['lines']} records, as {manifest['host']} signed them")
    click.echo(f"from {manifest['from']} to {manifest['to']}, reference {manifest['reference']}")
    click.echo(f"SHA-256 {hashlib.sha256(content).hexdigest()}")
