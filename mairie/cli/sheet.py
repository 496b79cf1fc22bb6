"""``mairie sheet``: what is put up in the town hall, on paper."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.options import identity_option, inventory_option
from mairie.cli.private_files import check_output, write_private
from mairie.cli.secrets import identity_of
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.inventory.named import check_named
from mairie.plan.resolve import resolve
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault


@click.group("sheet")
def command() -> None:
    """Sheets of paper for a commune, as PDF."""


@command.command()
@click.argument("commune")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file, mode 600; wifi-COMMUNE.pdf here when left out.",
)
@click.option("--devices", is_flag=True, help="Only the keys of devices, for the technician.")
@inventory_option
@identity_option
def wifi(
    *, commune: str, output: Path | None, devices: bool, inventory: Path, identity: Path | None
) -> None:
    """Write the Wi-Fi sheets of COMMUNE: a page for each network of each site, with its QR code."""
    from mairie.sheets.pdf import to_pdf
    from mairie.sheets.wifi import device_page, site_pages

    kind = "wifi-devices" if devices else "wifi"
    output = output or Path(f"{kind}-{commune}.pdf")
    check_output(output, inventory)
    territory = load(inventory)
    check_named(territory, commune)
    logins = Logins(Vault(inventory, territory))
    pages = []
    for plan in resolve(territory).values():
        if plan.place.commune == commune and plan.wifi and plan.wifi.radios:
            air = logins.on_air(plan.name, identity_of(logins.vault, identity))
            if devices:
                page = device_page(plan, air.keys)
                found = [page] if page else []
            else:
                found = list(site_pages(plan, air.passphrases))
            # Every host of a site has the same networks on the air: one page for all of them.
            pages += [each for each in found if each not in pages]
    if not pages:
        what = "device with a key of its own" if devices else "network that people join"
        raise MairieError(
            f"no {what} is on the air in {commune}: give a gateway its radios in the commune's "
            "file (docs/wifi.md); networks of access points of other makes are theirs to tell"
        )
    write_private(output, to_pdf(pages, f"Wi-Fi {commune}"))
    click.echo(f"{output}: {len(pages)} page{'s' if len(pages) > 1 else ''}", err=True)


@command.command()
@click.argument("commune")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file, mode 600; phones-COMMUNE.pdf here when left out.",
)
@inventory_option
def phones(*, commune: str, output: Path | None, inventory: Path) -> None:
    """Write the telephone sheet of COMMUNE: numbers, keys, emergencies, the link being cut."""
    from mairie.sheets.pdf import lists_to_pdf
    from mairie.sheets.phones import telephone_page

    output = output or Path(f"phones-{commune}.pdf")
    check_output(output, inventory)
    territory = load(inventory)
    check_named(territory, commune)
    pages = [
        telephone_page(plan, plan.voip)
        for plan in resolve(territory).values()
        if plan.place.commune == commune and plan.voip is not None
    ]
    if not pages:
        raise MairieError(f"{commune} has no telephone system; write phones: in its file")
    write_private(output, lists_to_pdf(pages, f"Téléphones {commune}"))
    click.echo(f"{output}", err=True)
