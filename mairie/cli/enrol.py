"""``mairie enrol``: record a host's SSH key, seen by a person."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from mairie.cli.hosts import KNOWN_HOSTS
from mairie.cli.options import inventory_option
from mairie.cli.targets import select_one
from mairie.errors import EXIT_UNREACHABLE, MairieError

SCAN_SECONDS = 30


@click.command("enrol")
@click.argument("host")
@click.option("--address", default="", help="Where it answers; its name in the VPN otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), default=22, show_default=True)
@click.option(
    "--fingerprint", default="", help="SHA256:… read on the host; without it, you are asked."
)
@inventory_option
def command(host: str, address: str, port: int, fingerprint: str, inventory: Path) -> None:
    """Record the SSH key of HOST, once its fingerprint has been compared.

    From then on only that key is accepted. On the host, its fingerprint is shown by:
    ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    from mairie.inventory import load
    from mairie.plan.resolve import resolve_host

    territory = load(inventory)
    name = select_one(territory, host)
    key = scan(address or resolve_host(territory, name).fqdn, port)
    seen = fingerprint_of(key)
    if fingerprint and fingerprint != seen:
        raise MairieError(
            f"{name} shows {seen}, not {fingerprint}: another machine answers, or its key changed; "
            "nothing was recorded"
        )
    if not fingerprint:
        click.echo(f"{name} shows {seen}")
        click.confirm("Is it what the host itself shows?", abort=True)
    path = inventory / KNOWN_HOSTS
    before = path.read_text() if path.exists() else ""
    others = [line for line in before.splitlines() if line.split(" ", 1)[0] != name]
    written = sorted([*others, f"{name} {key}"])
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text("\n".join(written) + "\n")
    temporary.replace(path)
    click.echo(f"{path}: {name} recorded")


def scan(address: str, port: int) -> str:
    """Return the ed25519 key that answers, ``type base64``.

    Raises:
        MairieError: nothing answers there, or it has no such key.

    """
    done = subprocess.run(
        ["ssh-keyscan", "-T", "10", "-p", str(port), "-t", "ed25519", "--", address],
        capture_output=True,
        text=True,
        timeout=SCAN_SECONDS,
        check=False,
    )
    keys = [line.split(" ", 1)[1] for line in done.stdout.splitlines() if " ssh-ed25519 " in line]
    if not keys:
        raise MairieError(
            f"no SSH server with an ed25519 key answers at {address} port {port}; "
            "check the address, or start sshd on the host",
            exit_code=EXIT_UNREACHABLE,
        )
    return keys[0]


def fingerprint_of(key: str) -> str:
    """Return the SHA256 fingerprint of a public key, as ssh shows it."""
    done = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=key, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[1]
