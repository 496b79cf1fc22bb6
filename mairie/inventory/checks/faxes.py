"""Numbers for faxes: delivered here, used for nothing else, with a sound that carries them."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.outside_numbers import wrong_number
from mairie.inventory.problems import listing
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune
from mairie.model.numbering import PhoneTerritory
from mairie.model.telephony import Telephony

FAX_CODEC = "alaw"
"""Others leave out of the sound what nobody hears, and a modem needs."""


def fax_problems(commune: Commune, territory: PhoneTerritory) -> Iterator[tuple[Key, str]]:
    """Yield what keeps faxes to a commune from arriving."""
    telephony = commune.telephony or Telephony()
    trunks = telephony.trunks
    delivered = {number: trunk for trunk in trunks.values() for number in trunk.numbers}
    taken = dict(_used(commune, telephony))
    for name, fax in telephony.faxes.items():
        path: Key = ("telephony", "faxes", name, "number")
        wrong = wrong_number(fax.number, territory)
        trunk = delivered.get(fax.number)
        if wrong is not None:
            yield path, wrong
        elif fax.number in taken:
            message = f"{fax.number} is already {taken[fax.number]}; faxes need one of their own"
            yield path, message
        elif trunk is None and trunks:
            message = f"{fax.number} is delivered by no trunk of this commune"
            yield path, f"{message}; there are: {listing(sorted(delivered))}"
        elif trunk is not None and FAX_CODEC not in trunk.codecs:
            message = f"its trunk carries {listing(trunk.codecs)}, through which no fax passes"
            yield path, f"{message}; add {FAX_CODEC} to its codecs"
        taken.setdefault(fax.number, f'that of the fax "{name}"')


def _used(commune: Commune, telephony: Telephony) -> Iterator[tuple[str, str]]:
    for name, phone in commune.phones.items():
        if phone.outgoing is not None:
            yield phone.outgoing, f'shown by phone "{name}"'
    for name, number in telephony.sites.items():
        yield number, f'the number of site "{name}"'
    if telephony.number is not None:
        yield telephony.number, "the commune's main number"
