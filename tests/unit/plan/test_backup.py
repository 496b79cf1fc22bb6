"""The night of any fleet: no pile-up, one backup on an uplink, both ends agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mairie.inventory import load
from mairie.inventory.checks.facts import Facts
from mairie.inventory.checks.night import problems
from mairie.inventory.layers import LayerFile
from mairie.inventory.problems import Problem
from mairie.inventory.sources import Sources
from mairie.inventory.yaml_nodes import Document
from mairie.model.commune import Commune
from mairie.model.territory import Territory
from mairie.plan.backup import HOME, limits
from mairie.plan.host import HostPlan
from mairie.plan.night import Sending, seasons
from mairie.plan.parts.backup import StoredHost, StorePlan
from mairie.plan.parts.night import NightWindow
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, ROOT, communes, fleets, territory

few = settings(max_examples=25, deadline=None)
ZONES = ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier", "Europe/Paris", "Asia/Kolkata")
REFERENCE = LAYERS["all"]["backup"]
Interval = tuple[datetime, datetime, HostPlan]
Key = TypeVar("Key")


@cache
def shipped(name: str) -> tuple[Territory, dict[str, HostPlan]]:
    known = load(ROOT / "inventories" / name)
    return known, resolve(known)


def nights(plans: dict[str, HostPlan], days: list[date]) -> list[Interval]:
    """Return every window of some nights in UTC, by the calendar and nothing of the plan's own."""
    found = []
    for plan in plans.values():
        if plan.backup is None:
            continue
        window = plan.backup.window
        for day in days:
            local = datetime.combine(day, time.fromisoformat(window.start), ZoneInfo(plan.timezone))
            start = local.astimezone(UTC)
            found.append((start, start + timedelta(minutes=window.minutes), plan))
    return sorted(found, key=lambda item: (item[0], item[2].name))


def together(intervals: list[Interval], key: Callable[[HostPlan], Key]) -> Counter[Key]:
    """Return how many hosts of one key send at the same time at most."""
    most: Counter[Key] = Counter()
    sending: list[Interval] = []
    for interval in intervals:
        sending = [one for one in sending if one[1] > interval[0]]
        sending.append(interval)
        mine = key(interval[2])
        most[mine] = max(most[mine], sum(key(one[2]) == mine for one in sending))
    return most


def quiet_days(zones: set[str]) -> list[date]:
    """Return three days of each month, none of them beside a change of the clocks."""
    chosen = [date(2026, month, day) for month in range(1, 13) for day in (10, 11, 12)]

    def steady(day: date) -> bool:
        around = [datetime.combine(day + timedelta(n), time(12), UTC) for n in (-2, 2)]
        return all(
            len({moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in around}) == 1
            for zone in zones
        )

    return [day for day in chosen if steady(day)]


def uplink(plan: HostPlan) -> tuple[str, str]:
    return plan.place.commune, plan.place.site


@pytest.mark.parametrize(("name", "hosts"), [("polynesie", 99), ("alesia", 35), ("demo", 4)])
def test_windows_of_the_shipped_territories_never_pile_up(name: str, hosts: int) -> None:
    known, plans = shipped(name)
    intervals = nights(plans, quiet_days({plan.timezone for plan in plans.values()}))
    assert len({plan.name for *_, plan in intervals}) == hosts
    allowed = limits(known)
    for hub, most in together(intervals, lambda plan: plan.hub).items():
        assert 0 < most <= allowed[hub]
    assert set(together(intervals, uplink).values()) == {1}
    assert set(together(intervals, lambda plan: plan.place.commune).values()) == {1}


def checked(known: Territory) -> list[Problem]:
    """Return what the inventory's check says about a territory that was never in files."""
    layers = {
        stem: (LayerFile(Path(stem), Document(f"group_data/{stem}.py", data=data)),)
        for stem, data in known.layers.items()
    }
    sources = Sources(
        folder=Path(),
        syndicate_file=Document("syndicate.yaml", data={}),
        commune_files={stem: Document(f"{stem}.yaml", data={}) for stem in known.communes},
        layer_files=layers,
        public_file=Document("public.yaml", data={}),
        syndicate=known.syndicate,
        communes=dict(known.communes),
    )
    return list(problems(Facts(sources)))


@st.composite
def crowds(draw: st.DrawFn) -> Territory:
    """Draw a fleet over several time zones, some slots written, with little room at night."""
    fleet = [
        one.model_copy(
            update={
                "timezone": draw(st.sampled_from(ZONES)),
                "backup": one.backup.model_copy(
                    update={"slot": draw(st.none() | st.integers(0, 7))}
                ),
            }
        )
        for one in draw(fleets(smallest=2, largest=6))
    ]
    known = territory(fleet, draw(st.integers(1, 2)))
    narrow = {"backup": {"at_once": draw(st.integers(1, 3)), "maintenance_at": "12:00"}}
    syndicate = known.syndicate.model_copy(update={"overrides": narrow})
    return Territory("essai", syndicate, known.communes, known.layers, known.public_keys)


def crowded(found: list[Problem]) -> list[Problem]:
    return [problem for problem in found if "would save themselves" in problem.message]


@settings(max_examples=60, deadline=None)
@given(crowds())
def test_what_passes_the_check_never_piles_up_and_what_does_not_would(known: Territory) -> None:
    plans = resolve(known)
    days = quiet_days({plan.timezone for plan in plans.values()})
    most = together(nights(plans, days), lambda plan: plan.hub)
    allowed = limits(known)
    over = {hub for hub, number in most.items() if number > allowed[hub]}
    said = crowded(checked(known))
    assert bool(said) == bool(over), (said, most)


@settings(max_examples=40, deadline=None)
@given(crowds())
def test_a_free_slot_that_is_named_is_free(known: Territory) -> None:
    said = [item for item in crowded(checked(known)) if "free slots: " in item.message]
    if not said:
        return
    stem = said[0].file.removesuffix(".yaml")
    slot = int(said[0].message.rpartition("free slots: ")[2].split(",")[0])
    commune = known.communes[stem]
    moved = commune.model_copy(update={"backup": commune.backup.model_copy(update={"slot": slot})})
    after = Territory(
        known.name,
        known.syndicate,
        {**known.communes, stem: moved},
        known.layers,
        known.public_keys,
    )
    assert not [item for item in crowded(checked(after)) if item.file == f"{stem}.yaml"]


@few
@given(fleets(smallest=2, largest=5))
def test_one_backup_on_an_uplink(fleet: list[Commune]) -> None:
    plans = resolve(territory(fleet))
    days = [date(2026, 1, 10), date(2026, 1, 11), date(2026, 1, 12)]
    assert set(together(nights(plans, days), uplink).values()) == {1}


@few
@given(fleets(smallest=2))
def test_adding_a_commune_moves_no_other_backup(fleet: list[Commune]) -> None:
    before, after = resolve(territory(fleet[:-1])), resolve(territory(fleet))
    for name, plan in before.items():
        assert after[name].backup == plan.backup
    stored = {host.name: host for plan in after.values() if plan.store for host in plan.store.hosts}
    for plan in before.values():
        for host in plan.store.hosts if plan.store else ():
            assert stored[host.name] == host


@few
@given(fleets(), st.integers(1, 3))
def test_both_ends_agree(fleet: list[Commune], hubs: int) -> None:
    plans = resolve(territory(fleet, hubs))
    stored: dict[str, tuple[HostPlan, StorePlan, StoredHost]] = {}
    for plan in plans.values():
        keeps_nothing = plan.roles == ("ap",)
        assert (plan.backup is None) == (plan.is_hub or keeps_nothing)
        assert (plan.store is not None) == plan.is_hub
        assert (plan.bricks[-1] == "backup") != keeps_nothing
        if plan.store is not None:
            assert plan.vpn is not None
            assert plan.store.address == plan.vpn.hub_ipv4
            stored |= {host.name: (plan, plan.store, host) for host in plan.store.hosts}
    assert set(stored) == {name for name, plan in plans.items() if plan.backup is not None}
    for name, (hub, store, host) in stored.items():
        plan = plans[name]
        assert plan.backup is not None
        assert plan.hub == hub.name
        assert plan.backup.server == f"{store.address}:{store.port}"
        assert plan.backup.repository == f"http://{plan.backup.server}/{name}/"
        assert host.window == plan.backup.window
        assert host.timezone == plan.timezone
        assert host.alert_nights == plan.backup.alert_nights
        assert set(plan.backup.folders) | {HOME} == set(host.folders)
        assert host.retention.name == REFERENCE["retention"]
        assert host.quota_bytes == 20 * 10**9


@few
@given(fleets())
def test_a_window_is_in_the_night_and_a_drill_in_the_evening(fleet: list[Commune]) -> None:
    night = REFERENCE["night"]
    for plan in resolve(territory(fleet)).values():
        if plan.backup is None:
            continue
        hour, minute = (int(part) for part in plan.backup.window.start.split(":"))
        since = (hour * 60 + minute - 21 * 60) % 1440
        assert since + plan.backup.window.minutes <= night["slots"] * night["slot_minutes"]
        assert since % 60 < night["slot_minutes"] - night["window_minutes"]
        assert 1 <= plan.backup.drill.day <= 28
        assert "19:00" <= plan.backup.drill.at < "21:00"


@few
@given(communes(7))
def test_a_backup_takes_the_share_of_its_class(commune: Commune) -> None:
    (link,) = commune.uplinks
    share = LAYERS["all"]["uplink_classes"][link.kind]
    for plan in resolve(territory([commune])).values():
        if plan.backup is None:
            continue
        assert plan.backup.upload == link.up * share["backup_percent"] // 100 < link.up
        assert plan.backup.download == link.down * share["backup_percent"] // 100 < link.down
        assert plan.backup.pack_bytes == share["backup_pack_mib"] << 20
        assert plan.backup.connections == share["backup_connections"]


def test_what_a_host_adds_to_its_backup() -> None:
    known, _ = shipped("demo")
    commune = known.communes["rapa"]
    site = commune.sites["mairie"]
    written = {
        "folders": ["/opt/registre", "/srv"],
        "excludes": ["*.iso"],
        "databases": {
            "registre": {"engine": "postgresql", "source": "registre_2026"},
            "annuaire": {"engine": "sqlite", "source": "/opt/annuaire/a.db"},
            "paie": {"engine": "mariadb"},
        },
        "local": "/mnt/copie",
        "quota": "50G",
        "class": "accounting",
    }
    host = type(site.hosts["box"]).model_validate(
        {**site.hosts["box"].model_dump(by_alias=True), "backup": written}
    )
    sites = {"mairie": site.model_copy(update={"hosts": {"box": host}})}
    changed = Territory(
        known.name,
        known.syndicate,
        {"rapa": commune.model_copy(update={"sites": sites})},
        known.layers,
        known.public_keys,
    )
    plans = resolve(changed)
    backup, store = plans["rapa-mairie-box"].backup, plans["hub"].store
    assert backup is not None
    assert store is not None
    assert backup.folders == (*REFERENCE["folders"], "/opt/registre")
    assert backup.excludes == (*REFERENCE["excludes"], "/var/lib/mairie/records", "*.iso")
    assert [(one.name, one.engine, one.source) for one in backup.databases] == [
        ("annuaire", "sqlite", "/opt/annuaire/a.db"),
        ("paie", "mariadb", "paie"),
        ("registre", "postgresql", "registre_2026"),
    ]
    assert backup.local_target == "/mnt/copie"
    (stored,) = store.hosts
    assert stored.quota_bytes == 50 * 10**9
    assert (stored.retention.name, stored.retention.yearly) == ("accounting", 10)


def test_a_written_slot_moves_the_whole_commune() -> None:
    known, plans = shipped("demo")
    commune = known.communes["rurutu"]
    moved = commune.model_copy(update={"backup": commune.backup.model_copy(update={"slot": 7})})
    after = resolve(
        Territory(
            known.name,
            known.syndicate,
            {**known.communes, "rurutu": moved},
            known.layers,
            known.public_keys,
        )
    )
    starts = [plan.backup.window.start for plan in after.values() if plan.backup is not None]
    assert starts == ["22:00", "04:14", "21:14", "22:14"]
    assert [plan.backup.window.start for plan in plans.values() if plan.backup is not None] == [
        *("22:00", "01:14", "02:14", "03:14")
    ]


def test_seasons_of_two_hemispheres_are_the_ways_their_clocks_stand_together() -> None:
    known = seasons(["Europe/Paris", "America/Santiago", "Pacific/Tahiti"])
    assert {tuple(season.offsets.values()) for season in known} == {
        (-180, 60, -600),
        (-180, 120, -600),
        (-240, 120, -600),
    }


def test_minutes_of_a_window_wrap_around_the_day() -> None:
    (season,) = seasons(["Pacific/Tahiti"])
    window = NightWindow(start="13:50", minutes=20)
    sending = Sending("a", "a", "Pacific/Tahiti", window)
    assert season.minutes(sending) == [*range(1430, 1440), *range(10)]
    assert season.local(0, "Pacific/Tahiti") == "14:00"
