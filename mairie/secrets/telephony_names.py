"""Which secrets a telephone system has: those that mairie makes, and those that operators give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from mairie.model.commune import Commune
from mairie.plan.mail import sends_mail
from mairie.plan.phones import is_set_up
from mairie.secrets.phone_certificates import NAMES, SPOKEN

PHONE: Final = "sip-"
VOICEMAIL: Final = "voicemail-"
TRUNK: Final = "trunk-"
RELAY: Final = "mail-relay"
_SPOKEN: Final = {
    PHONE: "password of phone",
    VOICEMAIL: "code of voicemail",
    TRUNK: "password of trunk",
}


def made(commune: Commune) -> tuple[str, ...]:
    """Return the names of what mairie makes: passwords, codes, and what phones are set up with.

    ``sip-<phone>``, ``voicemail-<phone>``; where phones fetch what they need, ``phones:…``.
    """
    phones = sorted(commune.phones.items())
    return (
        *(f"{PHONE}{name}" for name, _ in phones),
        *(f"{VOICEMAIL}{name}" for name, phone in phones if phone.voicemail),
        *(NAMES if any(is_set_up(phone) for _, phone in phones) else ()),
    )


def given(commune: Commune) -> tuple[str, ...]:
    """Return the names of what others give.

    ``trunk-<trunk>`` of trunks that are registered; ``mail-relay`` where messages are sent by mail.
    """
    trunks = commune.telephony.trunks if commune.telephony is not None else {}
    return (
        *(f"{TRUNK}{name}" for name, trunk in sorted(trunks.items()) if trunk.kind == "register"),
        *((RELAY,) if sends_mail(commune) else ()),
    )


def spoken(name: str) -> str:
    """Return a secret's name in words: ``password of phone accueil``."""
    if name in SPOKEN:
        return SPOKEN[name]
    if name == RELAY:
        return "password of the mail relay"
    prefix = next(each for each in _SPOKEN if name.startswith(each))
    return f"{_SPOKEN[prefix]} {name.removeprefix(prefix)}"


def missing(stem: str, commune: Commune, held: Collection[str]) -> Iterator[str]:
    """Yield what a commune's file lacks, with the command that brings it."""
    for name in made(commune):
        if name not in held:
            yield f'no {spoken(name)}; make it with "mairie secrets generate"'
    for name in given(commune):
        if name not in held:
            command = f'"mairie secrets put {stem} {name}"'
            giver = "was given for it" if name == RELAY else "the operator gave"
            yield f"no {spoken(name)}; write what {giver} with {command}"


def left_over(commune: Commune, held: Collection[str]) -> Iterator[str]:
    """Yield what a commune's file still holds of phones and trunks that are gone."""
    wanted = {*made(commune), *given(commune)}
    yield from (spoken(name) for name in sorted(held) if name not in wanted)
