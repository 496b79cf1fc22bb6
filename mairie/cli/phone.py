"""``mairie phone``: phones that fetch their file, programs that are invited, one for another."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.options import inventory_option
from mairie.cli.private_files import check_output, to_a_terminal, write_private
from mairie.cli.programs import only_one, run_program
from mairie.plan.host import HostPlan
from mairie.transport import Transport

PROGRAM = "mairie-phones"
SECONDS = 120


@click.group("phone")
def command() -> None:
    """Let phones have their files, invite programs, put a phone in the place of another.

    The telephone host gives each phone its file once; it keeps who had what, and works while every
    link is cut.
    """


@command.command("open")
@one_host_options
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=30,
    show_default=True,
    help="How long it may be fetched, once.",
)
@click.option("--by", default="", metavar="NAME", help="Written into the log.")
def open_(hosts: Hosts, phones: tuple[str, ...], minutes: int, by: str) -> None:
    """Let each PHONE of HOST fetch its file once more: a name, a number or a MAC address."""
    _ask(hosts, "open", "--minutes", str(minutes), "--by", by, "--", *phones)


@command.command()
@one_host_options
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=30,
    show_default=True,
    help="How long the invitation holds, once.",
)
@click.option("--by", default="", metavar="NAME", help="Written into the log.")
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the slips, a page each, into a new file, mode 600.",
)
@click.option("--yes", is_flag=True, help="Print invitations into a file or a pipe too.")
def invite(
    *, hosts: Hosts, phones: tuple[str, ...], minutes: int, by: str, pdf: Path | None, yes: bool
) -> None:
    """Let Linphone be set up as each PHONE of HOST, once, by the code that it reads.

    The code is shown here, and with --pdf on a slip for its person. Another invitation ends the
    one before it; "mairie phone close" ends it at once.
    """
    to_a_terminal(yes=yes or pdf is not None)
    if pdf is not None:
        check_output(pdf, hosts.inventory)
    plan = telephone_host_of(hosts)
    asked = ("invite", "--minutes", str(minutes), "--by", by, "--", *phones)
    printed = ask(plan.name, hosts.transport(plan), asked)

    from mairie.sheets.softphones import in_a_terminal, invitations, pages

    found = invitations(plan, printed)
    if pdf is not None:
        from mairie.sheets.pdf import to_pdf

        lost = f"close it: mairie phone close {plan.name} {' '.join(phones)}"
        content = to_pdf(pages(plan, found), f"Téléphone {plan.place.commune_label}")
        write_private(pdf, content, lost=lost)
        click.echo(f"{pdf}: {len(found)} page{'s' if len(found) > 1 else ''}", err=True)
    if pdf is None or sys.stdout.isatty():
        click.echo("\n".join(in_a_terminal(each) for each in found))


@command.command()
@one_host_options
@click.argument("phones", nargs=-1, required=True, metavar="PHONE...")
@click.option("--by", default="", metavar="NAME", help="Written into the log.")
def close(hosts: Hosts, phones: tuple[str, ...], by: str) -> None:
    """End what was opened for each PHONE of HOST, or the invitation to it."""
    _ask(hosts, "close", "--by", by, "--", *phones)


@command.command("list")
@one_host_options
def list_(hosts: Hosts) -> None:
    """Say of each phone of HOST whether it had its file, and whether that has changed since."""
    _ask(hosts, "list")


@command.command()
@one_host_options
def log(hosts: Hosts) -> None:
    """Print what HOST gave, refused and opened, when and to which address."""
    _ask(hosts, "log")


@command.command()
@click.argument("commune")
@click.argument("old", metavar="OLD-MAC")
@click.argument("new", metavar="NEW-MAC")
@inventory_option
def swap(commune: str, old: str, new: str, inventory: Path) -> None:
    """Put the phone NEW-MAC in the place of OLD-MAC in the file of COMMUNE.

    Number, name and rights stay; the rest of the file stays as it is. A file that would not check
    is not written.
    """
    from mairie.inventory.phone_swap import swap as swapped
    from mairie.plan.resolve import resolve
    from mairie.secrets.files import write_atomic

    name, territory = swapped(inventory, commune, old, new, write_atomic)
    phone = territory.communes[commune].phones[name]
    own = [plan for plan in resolve(territory).values() if plan.place.commune == commune]
    gateways = [plan.name for plan in own if plan.is_gateway and plan.place.site == phone.site]
    servers = [plan.name for plan in own if plan.phones is not None]
    hosts = " ".join(dict.fromkeys((*gateways, *servers)))
    click.echo(f"{name}, {phone.number}: {phone.mac}, a {phone.model}")
    click.echo(
        f"another model: write it in communes/{commune}.yaml\n"
        f"if the old one was stolen, first: mairie secrets rotate {commune} --phone {name}\n"
        f"then: mairie deploy {hosts}\n"
        f"plug the new phone in; it fetches its file by itself{_after_all(phone.model)}",
        err=True,
    )


def _after_all(model: str) -> str:
    """Return what a maker's new phone needs before it fetches anything."""
    if not model.startswith("yealink-"):
        return ""
    return ", once its page lets it trust us (docs/phones.md, A new Yealink)"


def _ask(hosts: Hosts, *arguments: str) -> None:
    plan = telephone_host_of(hosts)
    click.echo(ask(plan.name, hosts.transport(plan), arguments), nl=False)


def telephone_host_of(hosts: Hosts) -> HostPlan:
    """Return the plan of the one telephone host that is meant, whose phones fetch files.

    Raises:
        InventoryErrors: the inventory is not right.
        MairieError: none is meant, or several.

    """
    return only_one(
        hosts,
        lambda plan: plan.phones is not None,
        "phones fetch their files from the telephone host of a commune",
    )


def ask(host: str, transport: Transport, arguments: Sequence[str]) -> str:
    """Run the program on a host; return what it printed.

    Raises:
        MairieError: the host cannot be reached, or the program refused.

    """
    return run_program(host, transport, PROGRAM, arguments, seconds=SECONDS, look="phone list")
