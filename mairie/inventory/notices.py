"""What is no error today: data that a person still has to check, or that ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from mairie.inventory.authorities import parsed
from mairie.inventory.problems import listing
from mairie.model.commune import Commune
from mairie.model.reference import Reference
from mairie.model.territory import Territory
from mairie.plan.context import Shared
from mairie.plan.dialling import territory_of
from mairie.plan.telephone_host import telephone_host
from mairie.plan.ways_out import only_uplink

HOLIDAYS_WARNING = timedelta(days=180)
"""Before the last public holiday that hosts know: every one of them has to be deployed."""
AUTHORITIES_WARNING = timedelta(days=90)
"""Before an operator's authority ends: another one has to be asked for, and deployed."""


def notices(territory: Territory, today: date) -> Iterator[str]:
    """Yield a line for each thing, for communes with telephones alone."""
    shared = Shared.of(territory)
    book = shared.references
    one_way: dict[str, list[str]] = {}
    unchecked: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    unread: dict[str, list[str]] = {}
    unpriced: dict[str, list[str]] = {}
    ending: dict[date, list[str]] = {}
    for stem, commune in territory.communes.items():
        if not commune.has_telephony:
            continue
        reference = book.for_host(stem, ("server",))
        label, numbers = _unchecked(commune, reference)
        if numbers:
            unchecked.setdefault((label, numbers), []).append(stem)
        place = telephone_host(shared, stem)
        if place is not None and (uplink := only_uplink(place)):
            one_way.setdefault(uplink, []).append(stem)
        if (row := _unchecked_prices(commune, reference)) is not None:
            unpriced.setdefault(row, []).append(stem)
        records = reference.telephony.records
        if records.checked is None:
            unread.setdefault(f"{records.days} days ({records.source})", []).append(stem)
        reception = commune.telephony.reception if commune.telephony is not None else None
        known = date(max(reference.telephony.holiday_years), 12, 31)
        if reception is not None and reception.holidays and known - today < HOLIDAYS_WARNING:
            ending.setdefault(known, []).append(stem)
    yield from _ending_authorities(territory, today)
    for (label, numbers), communes in unchecked.items():
        yield (
            f"to be checked: who answers {', '.join(numbers)} ({label}) in {listing(communes)}; "
            "ask, then write the day into checked: in telephony.territories"
        )
    for uplink, communes in one_way.items():
        yield (
            f"one way out: calls of {listing(communes)} leave by one uplink ({uplink}); while it "
            "is down no emergency call gets out; add a second one, such as 4G, and keep a charged "
            "mobile telephone beside the phones"
        )
    yield from _behind_the_hub(shared)
    for label, communes in unpriced.items():
        yield (
            f"to be checked: what calls outside cost at most ({label}) in {listing(communes)}; "
            "compare with a contract, then write the day into checked: in "
            "telephony.territories.<territory>.outside"
        )
    for kept, communes in unread.items():
        yield (
            f"to be checked: how long call records are kept, {kept}, in {listing(communes)}; read "
            "the rules in force, then write the day into checked: in telephony.records"
        )
    for known, communes in ending.items():
        yield (
            f"ends soon: public holidays are known until {known} in {listing(communes)}; add years "
            "to telephony.holiday_years and deploy"
        )


def _ending_authorities(territory: Territory, today: date) -> Iterator[str]:
    """Yield a line for each authority that trunks name and that ends soon, or has ended."""
    for name, certificates in sorted(territory.authorities.items()):
        communes = [
            stem
            for stem, commune in territory.communes.items()
            if commune.telephony is not None
            and any(trunk.authority == name for trunk in commune.telephony.trunks.values())
        ]
        last = min(each.not_valid_after_utc.date() for each in parsed(certificates))
        if communes and last - today < AUTHORITIES_WARNING:
            yield (
                f"ends soon: authorities/{name}.pem is good until {last}, for trunks of "
                f"{listing(communes)}; ask the operator for the next one, put it beside it in the "
                "same file and deploy"
            )


def _behind_the_hub(shared: Shared) -> Iterator[str]:
    """Yield a line for telephones whose building is not that of their telephone host."""
    hosts = (telephone_host(shared, stem) for stem in shared.territory.communes)
    far = [
        f"{name} ({place.commune_stem})"
        for place in hosts
        if place is not None
        for name, phone in sorted(place.commune.phones.items())
        if phone.site != place.site_stem
    ]
    if far:
        yield (
            f"behind the hub: {listing(far)}, telephones that reach their host through it; while "
            "the link is cut they call nobody, emergencies included; keep a charged mobile "
            "telephone beside them"
        )


def _unchecked(commune: Commune, reference: Reference) -> tuple[str, tuple[str, ...]]:
    """Return the territory of a commune, and its emergency numbers that nobody has checked."""
    row = territory_of(commune.insee, reference.telephony)
    if row is None:
        return "", ()
    own = commune.telephony.emergency if commune.telephony is not None else {}
    numbers = sorted(number for number, item in row.emergency.items() if item.checked is None)
    return row.label, tuple(number for number in numbers if number not in own)


def _unchecked_prices(commune: Commune, reference: Reference) -> str | None:
    """Return the territory of a commune where nobody has checked its prices, or None."""
    row = territory_of(commune.insee, reference.telephony)
    return row.label if row is not None and row.outside.checked is None else None
