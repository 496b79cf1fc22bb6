"""``mairie show HOST``: everything that follows from the inventory for one host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mairie.cli.options import inventory_option
from mairie.cli.targets import select_one

if TYPE_CHECKING:
    from mairie.inventory import Loaded
    from mairie.inventory.explain import Explained


@click.command
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="The whole plan as JSON.")
@click.option("--explain", is_flag=True, help="Where each value of the reference was written.")
@inventory_option
def command(host: str, as_json: bool, explain: bool, inventory: Path) -> None:
    """Show what follows from the inventory for HOST: the plan that is deployed and verified."""
    from mairie.inventory import InventoryErrors, read
    from mairie.plan.codec import to_json
    from mairie.plan.resolve import resolve_host

    loaded = read(inventory)
    if loaded.territory is None:
        raise InventoryErrors(loaded.problems)
    name = select_one(loaded.territory, host)
    plan = resolve_host(loaded.territory, name)
    origins = _origins(loaded, name) if explain else ()
    if as_json and explain:
        reference = [{"path": one.path, "value": one.value, "where": one.where} for one in origins]
        both = {"plan": json.loads(to_json(plan)), "reference": reference}
        click.echo(json.dumps(both, ensure_ascii=False, indent=1))
    elif as_json:
        click.echo(to_json(plan), nl=False)
    else:
        from mairie.cli._show_plan import print_explanation, print_plan

        print_plan(plan)
        print_explanation(origins)


def _origins(loaded: Loaded, host: str) -> tuple[Explained, ...]:
    from mairie.inventory.explain import explain

    return explain(loaded, host)
