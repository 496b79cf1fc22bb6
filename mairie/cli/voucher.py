"""``mairie voucher``: codes for visitors, made and kept by the gateway that checks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from mairie.cli.hosts import Hosts, one_host_options
from mairie.cli.private_files import check_output, write_private
from mairie.cli.programs import run_program
from mairie.errors import MairieError
from mairie.plan.host import HostPlan
from mairie.transport import Transport

PROGRAM = "mairie-portal"
SECONDS = 120


@click.group("voucher")
def command() -> None:
    """Make codes for the visitors of a gateway, see them, take them back.

    The gateway checks codes by itself: they work while every link is cut. It keeps a hash of each,
    so that a code is shown once, when it is made.
    """


@command.command()
@one_host_options
@click.option("--count", type=click.IntRange(1, 500), default=1, show_default=True)
@click.option(
    "--hours",
    type=click.IntRange(1, 744),
    default=24,
    show_default=True,
    help="How long a code opens the internet, from its first use.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write slips to cut out into a new file, mode 600.",
)
def new(hosts: Hosts, count: int, hours: int, pdf: Path | None) -> None:
    """Make codes at HOST, a gateway or its site, and print them: number, code, hours."""
    if pdf is not None:
        check_output(pdf, hosts.inventory)
    plan = gateway_of(hosts)
    arguments = ("new", "--count", str(count), "--hours", str(hours))
    printed = ask(plan.name, hosts.transport(plan), arguments)
    click.echo(printed, nl=False)
    if pdf is not None:
        from mairie.sheets.pdf import slips_to_pdf
        from mairie.sheets.vouchers import slips

        title = f"Wi-Fi {plan.place.commune_label}"
        write_private(pdf, slips_to_pdf(slips(plan, printed), title))


@command.command("list")
@one_host_options
def list_(hosts: Hosts) -> None:
    """Say of each code of HOST whether it was used, until when, and whether it still opens."""
    _ask(hosts, "list")


@command.command()
@one_host_options
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1))
def revoke(hosts: Hosts, numbers: tuple[int, ...]) -> None:
    """Take codes of HOST back by their NUMBERS; who is using one is cut off within seconds."""
    _ask(hosts, "revoke", *(str(number) for number in numbers))


def _ask(hosts: Hosts, *arguments: str) -> None:
    plan = gateway_of(hosts)
    click.echo(ask(plan.name, hosts.transport(plan), arguments), nl=False)


def gateway_of(hosts: Hosts) -> HostPlan:
    """Return the plan of the one gateway that is meant, which asks for codes.

    Raises:
        InventoryErrors: the inventory is not right.
        MairieError: several gateways are meant, or one that asks for no code.

    """
    plans, _ = replace(hosts, targets=replace(hosts.targets, roles=("gateway",))).chosen()
    if len(plans) > 1:
        raise MairieError(
            f"{hosts.targets.names[0]} has {len(plans)} gateways; name one: {', '.join(plans)}"
        )
    (plan,) = plans.values()
    if plan.portal is None:
        raise MairieError(
            f"{plan.name} has no visitors' portal; it needs the role gateway, the segment public "
            "and a portal that is on"
        )
    if plan.portal.mode != "voucher":
        raise MairieError(
            f"{plan.name} lets visitors in by a click; for codes, write portal: {{mode: voucher}} "
            "under its site and deploy"
        )
    return plan


def ask(host: str, transport: Transport, arguments: Sequence[str]) -> str:
    """Run the portal's program on a host; return what it printed.

    Raises:
        MairieError: the host cannot be reached, or the program refused.

    """
    return run_program(host, transport, PROGRAM, arguments, seconds=SECONDS, look="voucher list")
