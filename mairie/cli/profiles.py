"""``mairie people profile``: a file that sets up one person's device."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.options import identity_option, inventory_option
from mairie.cli.private_files import check_output, to_a_terminal, write_private
from mairie.cli.secrets import identity_of
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.model.territory import Territory
from mairie.plan.resolve import resolve
from mairie.profiles.access import Access
from mairie.secrets.certificates import to_pkcs12
from mairie.secrets.logins import Logins
from mairie.secrets.passwords import new_password
from mairie.secrets.vault import Vault


@click.command()
@click.argument("commune")
@click.argument("login")
@click.option(
    "--for",
    "system",
    type=click.Choice(["apple", "windows", "android"]),
    required=True,
    help="What the device runs; the file for android is opened by the application geteduroam.",
)
@click.option(
    "--method",
    type=click.Choice(["password", "certificate"]),
    help="The certificate when left out, where the person has one.",
)
@click.option(
    "--ssid",
    "ssids",
    multiple=True,
    help="Name of the network, where access points of another make have it; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A new file, mode 600; one more for each further SSID on Windows.",
)
@click.option("--yes", is_flag=True, help="Print even when the output is not a terminal.")
@inventory_option
@identity_option
def profile(
    *,
    commune: str,
    login: str,
    system: str,
    method: str | None,
    ssids: tuple[str, ...],
    output: Path,
    yes: bool,
    inventory: Path,
    identity: Path | None,
) -> None:
    """Write the file that sets up the device of LOGIN of COMMUNE.

    No password is in it: the device asks for it once. A certificate is, under a passphrase of its
    own that is shown once.
    """
    check_output(output, inventory)
    to_a_terminal(yes=yes)
    territory = load(inventory)
    logins = Logins(Vault(inventory, territory))
    found = logins.handover(commune, login, identity_of(logins.vault, identity))
    method = method or ("certificate" if found.certificate else "password")
    if (found.certificate is None) if method == "certificate" else (not found.password):
        raise MairieError(f"{login} does not log in with a {method}; see: mairie people list")
    passphrase = new_password()
    pkcs12 = None
    if method == "certificate" and found.certificate is not None:
        label = f"{login}@{found.server_name}"
        pkcs12 = to_pkcs12(found.certificate, found.authority.certificate, label, passphrase)
    access = Access(
        organisation=territory.syndicate.name,
        commune=territory.communes[commune].name,
        login=login,
        ssids=tuple(dict.fromkeys(ssids)) or _on_air(territory, commune),
        server_name=found.server_name,
        authority=found.authority.certificate,
        pkcs12=pkcs12,
    )
    written = _files(access, system, output)
    for path in written:
        check_output(path, inventory)
    for path, content in written.items():
        write_private(path, content)
        click.echo(f"{path} sets up {', '.join(access.ssids)}; delete it afterwards", err=True)
    if pkcs12 is not None and system != "windows":
        click.echo(f"{'passphrase':<14} {passphrase}")
    if system == "windows":
        more = f"mairie people authority {commune}"
        if pkcs12 is not None:
            more += f", mairie people show {commune} {login} -o {login}.p12"
        click.echo(f"to be installed on the device before it: {more}", err=True)


def _files(access: Access, system: str, output: Path) -> dict[Path, bytes]:
    if system == "apple":
        from mairie.profiles.apple import mobileconfig

        return {output: mobileconfig(access)}
    if system == "android":
        from mairie.profiles.eap_metadata import eap_config

        return {output: eap_config(access)}
    from mairie.profiles.windows import wlan_profile

    return {
        output if number == 1 else output.with_stem(f"{output.stem}-{number}"): wlan_profile(
            access, ssid
        )
        for number, ssid in enumerate(access.ssids, 1)
    }


def _on_air(territory: Territory, commune: str) -> tuple[str, ...]:
    """Return the SSIDs of the staff at the sites of a commune.

    Raises:
        MairieError: no radio of ours has such a network.

    """
    ssids = dict.fromkeys(
        network.ssid
        for plan in resolve(territory).values()
        if plan.place.commune == commune and plan.wifi
        for radio in plan.wifi.radios
        for network in radio.networks
        if network.security == "enterprise"
    )
    if not ssids:
        raise MairieError(
            f"no gateway of {commune} has radios, so the name of the network is not known here; "
            "say it as the access points have it: --ssid NAME"
        )
    return tuple(ssids)
