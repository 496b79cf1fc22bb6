"""What the telephone sheet of a commune says: numbers, keys, emergencies, what a cut leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mairie.files.phones import VOICEMAIL
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import VoipPlan

PICKUP: Final = "*8"
PICKUP_ONE: Final = "**"
PARK: Final = "*70"
ASKED_TRANSFER: Final = "*2"
BLIND_TRANSFER: Final = "##"
"""Keys of the dial plan; a test holds them to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, then lines of two columns: what is dialled, and what for."""

    title: str
    lines: tuple[tuple[str, str], ...]
    words: tuple[str, ...] = ()
    """Paragraphs after the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One A4 sheet, or more where there are many lines."""

    place: str
    title: str
    sections: tuple[Section, ...]


def telephone_page(plan: HostPlan, voip: VoipPlan) -> ListPage:
    """Return the sheet of a commune.

    Args:
        plan: of its telephone host.
        voip: its telephone system.

    """
    return ListPage(
        place=plan.place.commune_label,
        title="Téléphones",
        sections=(
            Section(
                title="Urgences : composer le numéro seul, de n'importe quel poste",
                lines=tuple((each.number, each.label) for each in voip.emergency),
            ),
            Section(title="Numéros", lines=tuple(_numbers(voip))),
            *_communes(voip),
            Section(title="Touches", lines=tuple(_keys(voip))),
            Section(title="Quand la liaison est coupée", lines=(), words=tuple(_cut(plan, voip))),
        ),
    )


def _numbers(voip: VoipPlan) -> Iterator[tuple[str, str]]:
    if voip.reception is not None:
        yield voip.reception.number, "Accueil du public"
    known = [(each.number, each.label) for each in voip.groups]
    known += [(each.number, f"{each.label} · {each.building}") for each in voip.extensions]
    yield from sorted(known)


def _communes(voip: VoipPlan) -> Iterator[Section]:
    if voip.neighbours:
        yield Section(
            title="Autres communes : le code, puis le numéro intérieur",
            lines=tuple((f"*{each.code}", each.label) for each in voip.neighbours),
        )


def _keys(voip: VoipPlan) -> Iterator[tuple[str, str]]:
    yield "Transfert", "touche du poste, le numéro, puis raccrocher quand l'autre a répondu"
    yield (
        f"{ASKED_TRANSFER} + numéro",
        "de même, sans touche sur le poste : parler, puis raccrocher",
    )
    yield f"{BLIND_TRANSFER} + numéro", "transférer aussitôt, sans parler"
    yield PICKUP, "prendre l'appel qui sonne sur un autre poste du bâtiment"
    yield f"{PICKUP_ONE} + numéro", "prendre l'appel qui sonne sur ce poste"
    yield (
        f"{ASKED_TRANSFER} puis {PARK}",
        "mettre l'appel en attente : écouter le numéro, raccrocher, le composer d'un autre poste",
    )
    if any(each.voicemail for each in voip.extensions):
        yield VOICEMAIL, "écouter ses messages (le code est celui que la mairie a remis)"


def _cut(plan: HostPlan, voip: VoipPlan) -> Iterator[str]:
    yield "Les appels d'un poste à l'autre et la messagerie continuent."
    local = any(trunk.local for trunk in voip.trunks)
    if local and voip.only_uplink:
        yield (
            "Les appels vers l'extérieur et les urgences passent par la seule liaison internet de "
            "la mairie. Si c'est elle qui est coupée, aucun appel ne sort, urgences comprises : "
            "prendre un téléphone mobile, ou aller chercher du secours."
        )
    elif local:
        yield (
            "Les appels vers l'extérieur et les urgences passent par la ligne de la commune, tant "
            "que celle-ci fonctionne."
        )
    else:
        yield (
            "Aucun appel ne sort, urgences comprises : prendre un téléphone mobile, ou aller "
            "chercher du secours."
        )
    away = {each.building for each in voip.extensions if each.site != plan.place.site}
    if away:
        yield (
            f"{', '.join(sorted(away))} : ces postes passent eux-mêmes par la liaison. Quand elle "
            "est coupée, ils n'appellent plus, urgences comprises : prendre un téléphone mobile."
        )
    if voip.neighbours:
        by_number = " : composer leur numéro extérieur" if local and not voip.only_uplink else ""
        yield f"Les autres communes ne répondent plus à leur code{by_number}."
    yield "Les messages à envoyer par courriel attendent, et partent au retour de la liaison."
    yield "Sans courant, les postes se taisent : un téléphone mobile chargé reste à portée de main."
