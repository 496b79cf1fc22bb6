"""``mairie secrets``: make, rotate, show the secrets, and say who may open them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mairie.cli.options import ask_passphrase, identity_option, inventory_option
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.model.telephony import LINPHONE
from mairie.model.territory import Territory
from mairie.secrets import files, owners, recipients
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault


@click.group("secrets")
def command() -> None:
    """Make, rotate and show secrets, and say who may open them."""


def open_vault(inventory: Path) -> Vault:
    """Return the vault of an inventory whose secrets may not be made yet."""
    return Vault(inventory, load(inventory, secrets=False))


def identity_of(vault: Vault, option: Path | None) -> Identity:
    """Return the identity to open a vault with."""
    demo = vault.territory.syndicate.demo
    return find_identity(vault.folder, demo=demo, option=option, ask=ask_passphrase())


@command.command()
@click.argument("names", nargs=-1, metavar="[COMMUNE|HUB]...")
@inventory_option
@identity_option
def generate(names: tuple[str, ...], inventory: Path, identity: Path | None) -> None:
    """Make the secrets that are missing; those that exist stay as they are.

    Certificates that end soon are renewed; those of people who have left are revoked.
    """
    vault = open_vault(inventory)
    for name in names:
        owners.hosts(vault.territory, name)
    made = vault.generate(lambda: identity_of(vault, identity), names or None)
    for host in made:
        click.echo(f"made    {host}")
    changes = Logins(vault).generate(lambda: identity_of(vault, identity), names or None)
    for line in changes:
        click.echo(line)
    of_phones = Lines(vault).generate(lambda: identity_of(vault, identity), names or None)
    of_packages = Signing(vault).generate(lambda: identity_of(vault, identity))
    for line in (*of_phones, *of_packages):
        click.echo(line)
    of_people = f", {_count(len(changes), 'change')} of log-ins" if changes else ""
    of_lines = f", {_count(len(of_phones), 'change')} of telephones" if of_phones else ""
    click.echo(
        f"{_count(len(made), 'host')} with new secrets{of_people}{of_lines} in "
        f"{inventory / 'secrets'}"
    )


@command.command()
@click.argument("commune", metavar="COMMUNE")
@click.argument("name", metavar="trunk-NAME|mail-relay")
@inventory_option
@identity_option
def put(commune: str, name: str, inventory: Path, identity: Path | None) -> None:
    """Keep the password that COMMUNE was given for a trunk, or for the mail relay.

    It is asked for twice; without a terminal, the first line of standard input is taken.
    """
    vault = open_vault(inventory)
    own = identity_of(vault, identity)
    if sys.stdin.isatty():
        value = str(click.prompt(name, hide_input=True, confirmation_prompt=True, err=True))
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    Lines(vault).put(commune, name, value, own)
    click.echo(f"{commune} keeps {name}")
    click.echo(f"Deploy: mairie deploy {commune}")


@command.command()
@click.argument("name", metavar="HOST|COMMUNE")
@click.option("--finish", is_flag=True, help="Put the staged key in force and drop the old one.")
@click.option("--person", metavar="LOGIN", help="Of COMMUNE: another password and certificate.")
@click.option("--access-point", metavar="NAME", help="Of the gateway HOST: another secret.")
@click.option("--network", metavar="NAME", help="Of COMMUNE: another passphrase.")
@click.option("--device", metavar="NAME", help="That comes to HOST by radio: another key.")
@click.option("--lessons", is_flag=True, help="Another code for the teachers of the gateway HOST.")
@click.option("--phone", metavar="NAME", help="Of COMMUNE: another password and voicemail code.")
@click.option("--server", is_flag=True, help="Another Wi-Fi certificate for the gateway HOST.")
@click.option(
    "--authority", is_flag=True, help="Another certificate authority for COMMUNE, for all devices."
)
@click.option("--packages", is_flag=True, help="Of the first HUB: another key of the packages.")
@inventory_option
@identity_option
def rotate(
    *,
    name: str,
    finish: bool,
    person: str | None,
    access_point: str | None,
    network: str | None,
    device: str | None,
    phone: str | None,
    lessons: bool,
    server: bool,
    authority: bool,
    packages: bool,
    inventory: Path,
    identity: Path | None,
) -> None:
    """Give HOST a next WireGuard key, without cutting its tunnel; then --finish.

    With one of the other options: another secret, at once; what was revoked or replaced
    opens nothing once the hosts are deployed.
    """
    vault = open_vault(inventory)
    named = [each is not None for each in (person, access_point, network, device, phone)]
    if sum([finish, lessons, server, authority, packages, *named]) > 1:
        raise MairieError("only one thing is rotated at a time; leave one option")
    own = identity_of(vault, identity)
    logins = Logins(vault)
    if person is not None:
        logins.rotate_person(name, person, own)
        click.echo(f"{person} has new secrets; hand them over: mairie people show {name} {person}")
        click.echo(f"Deploy: mairie deploy {name}")
    elif access_point is not None:
        if logins.rotate_access_point(name, access_point, own):
            site = name.rpartition("-")[0]
            click.echo(f"{access_point} has a new secret, and the radios of its site another key")
            click.echo(f"Deploy: mairie deploy {site}")
            return
        click.echo(f"{access_point} has a new secret; write it into the access point:")
        click.echo(f"        mairie people access-point {name} {access_point}")
        click.echo(f"Deploy: mairie deploy {name}")
    elif network is not None:
        logins.rotate_network(name, network, own)
        click.echo(
            f"{network} has a new passphrase; print it for its people: mairie wifi show HOST"
        )
        click.echo(f"Deploy: mairie deploy {name}")
    elif device is not None:
        logins.rotate_device(name, device, own)
        click.echo(f"{device} has a new key; write it into the device: mairie wifi show {name}")
        click.echo(f"Deploy: mairie deploy {name}")
    elif phone is not None:
        _rotate_phone(vault, name, phone, own)
    elif lessons:
        logins.rotate_lessons(name, own)
        click.echo(f"the teachers of {name} have a new code: mairie wifi show {name}")
        click.echo(f"Deploy: mairie deploy {name}")
    elif server:
        logins.rotate_server(name, own)
        click.echo(f"{name} has a new Wi-Fi certificate; devices need nothing")
        click.echo(f"Deploy: mairie deploy {name}")
    elif authority:
        logins.rotate_authority(name, own)
        click.echo(f"{name} has a new certificate authority; every device has to learn it")
        click.echo(f"Deploy: mairie deploy {name}")
    elif packages:
        _rotate_packages(vault, name, own)
    else:
        _rotate_key(vault, name, own, finish=finish)


def _rotate_phone(vault: Vault, commune: str, phone: str, identity: Identity) -> None:
    changed = Lines(vault).rotate(commune, phone, identity)
    click.echo(f"{commune} has another {' and another '.join(changed)}")
    click.echo(f"Deploy: mairie deploy {commune}")
    described = vault.territory.communes[commune].phones[phone]
    if described.model == LINPHONE:
        click.echo(f"Invite: mairie phone invite {commune} {phone}")
    elif described.mac is not None:
        click.echo(f"Reopen: mairie phone open {commune} {phone}")


def _rotate_packages(vault: Vault, hub: str, identity: Identity) -> None:
    signing = Signing(vault)
    if hub != signing.owner:
        raise MairieError(f"the key of the packages is in the file of {signing.owner}; name it")
    signing.rotate(identity)
    click.echo("packages have a new key; hosts refuse what it signs until they are deployed")
    click.echo("Publish: mairie package publish")
    click.echo(f"Deploy:  mairie deploy {_both_ends(vault.territory, hub)}")


def _rotate_key(vault: Vault, host: str, identity: Identity, *, finish: bool) -> None:
    if finish:
        keys = vault.finish_rotation(host, identity)
        click.echo(f"{host} now has the public key {keys.current}")
        click.echo(f"Deploy: mairie deploy {_both_ends(vault.territory, host)}")
    else:
        keys = vault.rotate(host, identity)
        click.echo(f"{host} keeps {keys.current}; next is {keys.next}")
        click.echo(f"Deploy: mairie deploy {_both_ends(vault.territory, host)}")
        click.echo(f"Then:   mairie secrets rotate --finish {host}")
    unmanaged = _unmanaged(vault.territory) if host in vault.territory.syndicate.hubs else ""
    if unmanaged:
        click.echo(f"Peers that need the hub's new key in their configuration: {unmanaged}")


@command.command()
@click.argument("owner", metavar="COMMUNE|HUB")
@click.option("--yes", is_flag=True, help="Print even when the output is not a terminal.")
@click.option("--phone", metavar="NAME", help="Of COMMUNE: the code of its voicemail alone.")
@inventory_option
@identity_option
def show(
    *, owner: str, yes: bool, phone: str | None, inventory: Path, identity: Path | None
) -> None:
    """Print the secrets of a commune or hub, in clear, to a terminal only."""
    vault = open_vault(inventory)
    owners.hosts(vault.territory, owner)
    if not (yes or sys.stdout.isatty()):
        raise MairieError(
            "secrets are only printed to a terminal, not into a file or a pipe; add --yes if that "
            "is what you want"
        )
    if phone is not None:
        click.echo(Lines(vault).code_of(owner, phone, identity_of(vault, identity)))
        return
    click.echo(vault.open(owner, identity_of(vault, identity)).to_bytes().decode(), nl=False)


@command.command("recipients")
@click.option("--apply", "apply_", is_flag=True, help="Encrypt every file to these recipients.")
@inventory_option
@identity_option
def recipients_command(apply_: bool, inventory: Path, identity: Path | None) -> None:
    """Say who may open the secrets, and which files are not encrypted to them yet."""
    vault = open_vault(inventory)
    syndicate = vault.territory.syndicate
    wanted = recipients.of(syndicate)
    for one in wanted:
        click.echo(f"{one.owner:<12} {one.key}")
    recipients.check(wanted, demo=syndicate.demo, territory=vault.territory.name)
    outdated = vault.outdated()
    if not outdated:
        click.echo("every file is encrypted to exactly these")
    elif apply_:
        recorded = files.load_recipients(inventory)
        gone = {key for owner in outdated for key in recorded.get(owner, ())}
        gone -= {one.key for one in wanted}
        done = vault.reencrypt(identity_of(vault, identity))
        click.echo(f"{_count(len(done), 'file')} encrypted anew: {', '.join(done)}")
        for key in sorted(gone):
            click.echo(
                f"{recipients.short(key)} is no longer a recipient but has read these secrets and "
                'still can in older commits; rotate them with "mairie secrets rotate"'
            )
    else:
        click.echo(
            f"not encrypted to exactly these: {', '.join(outdated)}; "
            'run "mairie secrets recipients --apply"'
        )


def _both_ends(territory: Territory, host: str) -> str:
    owner = owners.owner_of(territory, host)
    if owner not in territory.syndicate.hubs:
        return f"{owners.hub_of(territory, owner)} {host}"
    called = [stem for stem in territory.communes if owners.hub_of(territory, stem) == owner]
    return " ".join((owner, *called))


def _unmanaged(territory: Territory) -> str:
    syndicate = territory.syndicate
    people = [name for name, person in syndicate.technicians.items() if person.wireguard]
    return ", ".join((*people, *syndicate.peers))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
