"""What the slip of an invited program says: one page for its person, with the code to read."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import segno

from mairie.errors import MairieError
from mairie.files.phones import VOICEMAIL
from mairie.plan.host import HostPlan
from mairie.plan.parts.phones import Program
from mairie.sheets.wifi import Fact, Page


@dataclass(frozen=True, slots=True)
class Invitation:
    """One program, and what lets it be set up once."""

    program: Program
    url: str = field(repr=False)
    lasts: str
    """``30 min``."""


def invitations(plan: HostPlan, printed: str) -> tuple[Invitation, ...]:
    """Read what ``mairie-phones invite`` printed: name, number, URL and minutes, a line each.

    Args:
        plan: of the telephone host that printed it.
        printed: all of it.

    Raises:
        MairieError: it printed something else.

    """
    programs = {each.name: each for each in plan.phones.programs} if plan.phones else {}
    start = plan.phones.invitations if plan.phones else ""
    found = []
    for line in printed.splitlines():
        name, _, url, lasts = (*line.split("\t"), "", "", "")[:4]
        if name not in programs or not url.startswith(start):
            raise MairieError(
                f"{plan.name} answered something else than invitations; deploy it, since its "
                f'program is of another version, and look at "mairie phone list {plan.name}"'
            )
        found.append(Invitation(programs[name], url, lasts))
    return tuple(found)


def pages(plan: HostPlan, found: Sequence[Invitation]) -> tuple[Page, ...]:
    """Return a page for each invitation.

    Args:
        plan: of the telephone host.
        found: its invitations.

    """
    return tuple(
        Page(
            place=f"{plan.place.commune_label} · {each.program.site_label}",
            title=f"Téléphone {each.program.number}",
            subtitle=each.program.label,
            facts=(Fact(name="Sans appareil photo, à taper dans Linphone", value=each.url),),
            paragraphs=tuple(_words(each)),
            code=code(each.url),
        )
        for each in found
    )


def in_a_terminal(invitation: Invitation) -> str:
    """Return the code in characters, its address, and whose it is."""
    drawn = io.StringIO()
    code(invitation.url).terminal(drawn, compact=True)
    program = invitation.program
    return (
        f"{drawn.getvalue()}{program.number} {program.label}, {invitation.lasts} : {invitation.url}"
    )


def code(url: str) -> segno.QRCode:
    """Return the code that Linphone reads: the URL itself."""
    return segno.make_qr(url, error="m")


def _words(invitation: Invitation) -> Iterator[str]:
    yield (
        "1. Installer Linphone, et se connecter au Wi-Fi des agents ou au réseau des téléphones de "
        f"ce bâtiment : {invitation.program.site_label}."
    )
    yield (
        "2. Dans Linphone, à la première ouverture, choisir « Scanner un QR code » et viser ce "
        "carré. Sur un ordinateur : « Configuration distante », puis l'adresse ci-dessus."
    )
    yield (
        f"3. Le numéro est réglé quand il s'affiche connecté. Pour essayer, composer *65 : une "
        f"voix dit {invitation.program.number}."
    )
    if invitation.program.voicemail:
        yield f"Messages : composer {VOICEMAIL}, avec le code que la mairie a remis."
    yield (
        f"Cette feuille vaut {invitation.lasts}, une seule fois ; après, elle se jette. Si elle "
        "s'égare, ou si Linphone dit que la configuration a échoué : prévenir la mairie aussitôt."
    )
    yield (
        "Hors de ce bâtiment, ce téléphone n'appelle pas : pour une urgence, prendre le "
        "téléphone du mobile."
    )
