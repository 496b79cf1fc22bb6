"""``mairie new``: a commune's file from a few answers, with its secrets."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mairie.cli._answers import Answers
from mairie.cli.options import ask_passphrase, identity_option, inventory_option, load_territory
from mairie.errors import MairieError

if TYPE_CHECKING:
    from mairie.inventory.official import OfficialCommune
    from mairie.model.territory import Territory

_UPLINK: Final = re.compile(r"(?P<kind>[^:/]+):(?P<down>[^:/]+)/(?P<up>[^:/]+)(:(?P<rtt_ms>\d+))?")
_UPLINK_FORM: Final = "KIND:DOWN/UP[:RTT_MS], such as satellite:20M/4M:600"


@dataclass(frozen=True)
class Uplink:
    """An uplink as it is written."""

    kind: str
    down: str
    up: str
    rtt_ms: str


@dataclass(frozen=True)
class Site:
    """A site as it is written."""

    name: str
    label: str


@click.command
@click.argument("name", required=False)
@click.option("--insee", help="Official code.  [default: that of the name]")
@click.option("--archipelago", help="[default: that of the official list]")
@click.option("--island", help="[default: that of the official list]")
@click.option("--timezone", help="[default: that of the official list]")
@click.option("--index", type=int, help="Place in the addressing plan.  [default: the next free]")
@click.option(
    "--uplink",
    multiple=True,
    metavar="KIND:DOWN/UP[:RTT_MS]",
    help="The preferred one first; may be repeated.",
)
@click.option(
    "--site",
    multiple=True,
    metavar="NAME[=LABEL]",
    help="A building; may be repeated.  [default: mairie]",
)
@click.option("--small", is_flag=True, help="One machine for everything on each site.")
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask for what is not given.  [default: when there is a terminal]",
)
@inventory_option
@identity_option
def command(
    *,
    name: str | None,
    insee: str | None,
    archipelago: str | None,
    island: str | None,
    timezone: str | None,
    index: int | None,
    uplink: tuple[str, ...],
    site: tuple[str, ...],
    small: bool,
    ask: bool | None,
    inventory: Path,
    identity: Path | None,
) -> None:
    """Make the file of the commune NAME, and its secrets; the reference gives everything else."""
    from mairie.inventory import official
    from mairie.plan.slug import slug

    answers = Answers(sys.stdin.isatty() if ask is None else ask)
    territory = load_territory(inventory, secrets=False)
    name = answers.get("Nom de la commune", name, "", "NAME")
    stem = slug(name)
    path = inventory / "communes" / f"{stem}.yaml"
    if path.exists():
        raise MairieError(f"{path} exists already; edit it, or choose another name")
    known = official.by_name().get(stem)
    values: dict[str, object] = {
        "schema": _schema_comment(inventory),
        "name": known.name if known else name,
        "insee": answers.get("Code INSEE", insee, known.insee if known else "", "--insee"),
        **_place(answers, known, archipelago, island),
        "timezone": answers.get(
            "Fuseau horaire", timezone, _timezone(known, territory), "--timezone"
        ),
        "index": int(
            answers.get(
                "Place dans le plan d'adressage", index, str(next_index(territory)), "--index"
            )
        ),
    }
    uplinks = _uplinks(answers, uplink)
    values |= {
        "uplinks": uplinks,
        "wan": _wan(uplinks),
        "sites": _sites(answers, site, name),
        "small": small,
    }
    _write(path, values, inventory)
    _make_secrets(stem, inventory, identity)


def next_index(territory: Territory) -> int:
    """Return the index after the highest: those of removed communes are never reused.

    Raises:
        MairieError: the supernet is full.

    """
    from mairie.plan.addressing import Addressing

    last = Addressing(territory.syndicate).communes - 1
    used = {commune.index for commune in territory.communes.values()}
    order = [max(used, default=0) + 1, *range(1, last + 1)]
    for number in order:
        if number <= last and number not in used:
            return int(number)
    raise MairieError(f"all {last} places of the addressing plan are taken; take a wider supernet")


def _place(
    answers: Answers, known: OfficialCommune | None, archipelago: str | None, island: str | None
) -> dict[str, str]:
    return {
        "archipelago": answers.optional(
            "Archipel", archipelago, known.archipelago if known else ""
        ),
        "island": answers.optional("Île", island, known.island if known else ""),
    }


def _timezone(known: OfficialCommune | None, territory: Territory) -> str:
    if known is not None:
        return known.timezone
    zones = {commune.timezone for commune in territory.communes.values()}
    return zones.pop() if len(zones) == 1 else ""


def _uplinks(answers: Answers, given: Sequence[str]) -> list[Uplink]:
    question = "Accès, le préféré d'abord (genre:descendant/montant:latence en ms)"
    found = []
    for text in answers.several(question, given, "", f"--uplink ({_UPLINK_FORM})"):
        match = _UPLINK.fullmatch(text)
        if match is None:
            raise MairieError(f'"{text}" is not an uplink; write {_UPLINK_FORM}')
        found.append(Uplink(match["kind"], match["down"], match["up"], match["rtt_ms"] or ""))
    return found


def _sites(answers: Answers, given: Sequence[str], commune: str) -> list[Site]:
    found = []
    for text in answers.several("Bâtiments (mairie, ecole …)", given, "mairie", "--site"):
        name, _, label = text.partition("=")
        usual = f"Mairie de {commune}" if name == "mairie" else name.replace("-", " ").capitalize()
        found.append(Site(name, label or usual))
    return found


def _schema_comment(inventory: Path) -> str:
    """Return the path from a commune's file to its schema, in the nearest ``schemas/``."""
    folder = inventory.resolve()
    for number, place in enumerate((folder, folder.parent, folder.parent.parent), start=1):
        if (place / "schemas").is_dir():
            return f"{'../' * number}schemas/commune.schema.json"
    return "../../../schemas/commune.schema.json"


def _write(path: Path, values: dict[str, object], inventory: Path) -> None:
    """Write the file, and take it away again when the inventory is not right with it."""
    from mairie.cli._skeletons import render
    from mairie.inventory import InventoryErrors, read
    from mairie.inventory.checks.facts import Facts
    from mairie.inventory.checks.night import free_slots

    def put(values: dict[str, object], mode: str) -> None:
        text = render("commune.yaml.j2", values)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open(mode, encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MairieError(f"{path} cannot be written: {reason}") from None

    put({**values, "slot": None}, "x")
    loaded = read(inventory, secrets=False)
    free = free_slots(Facts(loaded.sources)).get(path.stem) if loaded.problems else None
    if free:
        put({**values, "slot": free[0]}, "w")
        loaded = read(inventory, secrets=False)
    if loaded.problems:
        path.unlink()
        click.echo("Nothing was written:", err=True)
        raise InventoryErrors(loaded.problems)
    click.echo(f"made    {path}")


def _wan(uplinks: Sequence[Uplink]) -> str:
    """Return the ports of uplinks as they are written: all but ``eth1``, which is the trunk."""
    if len(uplinks) == 1:
        return "eth0"
    ports = ["eth0", *(f"eth{number}" for number in range(2, len(uplinks) + 1))]
    pairs = zip(uplinks, ports, strict=True)
    return f"{{{', '.join(f'{uplink.kind}: {port}' for uplink, port in pairs)}}}"


def _make_secrets(stem: str, inventory: Path, option: Path | None) -> None:
    from mairie.secrets.identity import find_identity
    from mairie.secrets.vault import Vault

    territory = load_territory(inventory, secrets=False)
    vault = Vault(inventory, territory)
    vault.generate(
        lambda: find_identity(
            inventory, demo=territory.syndicate.demo, option=option, ask=ask_passphrase()
        ),
        only=(stem,),
    )
    click.echo(f"made    {inventory / 'secrets' / f'{stem}.age'}")
    click.echo(f"Next:   mairie check {inventory}; mairie lab up; mairie deploy {stem}")
