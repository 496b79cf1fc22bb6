"""Which secrets a telephone system has: those that mairie makes, and those that operators give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from mairie.model.commune import Commune
from mairie.secrets.phone_certificates import NAMES, SPOKEN

PHONE: Final = "sip-"
VOICEMAIL: Final = "voicemail-"
TRUNK: Final = "trunk-"
_SPOKEN: Final = {
    PHONE: "password of phone",
    VOICEMAIL: "code of voicemail",
    TRUNK: "password of trunk",
}


def made(commune: Commune) -> tuple[str, ...]:
    """Return the names of what mairie makes: passwords, codes, and what phones are set up with.

    ``sip-<phone>``, ``voicemail-<phone>``; where phones have a MAC address, ``phones:…``.
    """
    phones = sorted(commune.phones.items())
    return (
        *(f"{PHONE}{name}" for name, _ in phones),
        *(f"{VOICEMAIL}{name}" for name, phone in phones if phone.voicemail),
        *(NAMES if any(phone.mac for _, phone in phones) else ()),
    )


def given(commune: Commune) -> tuple[str, ...]:
    """Return the names of what operators give: ``trunk-<trunk>`` of those that are registered."""
    trunks = commune.telephony.trunks if commune.telephony is not None else {}
    return tuple(
        f"{TRUNK}{name}" for name, trunk in sorted(trunks.items()) if trunk.kind == "register"
    )


def spoken(name: str) -> str:
    """Return a secret's name in words: ``password of phone accueil``."""
    if name in SPOKEN:
        return SPOKEN[name]
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
            yield f"no {spoken(name)}; write what the operator gave with {command}"


def left_over(commune: Commune, held: Collection[str]) -> Iterator[str]:
    """Yield what a commune's file still holds of phones and trunks that are gone."""
    wanted = {*made(commune), *given(commune)}
    yield from (spoken(name) for name in sorted(held) if name not in wanted)
