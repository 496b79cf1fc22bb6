"""A town hall whose link is cut for a week, in the QEMU machine: people, records, time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mairie.lab import leasing
from mairie.lab.air import Air, Joined
from mairie.plan.host import Brick
from tests.lab import week
from tests.lab.air_site import AirSite
from tests.lab.telling import quiet, with_seconds

PEOPLE = ("certificate", "password")
VISITOR = "visitor"
EVERYBODY = dict.fromkeys((*PEOPLE, VISITOR), True)

pytestmark = [pytest.mark.machine, pytest.mark.air, pytest.mark.timeout(3600)]


@dataclass
class Seen:
    """A gateway with radios and their devices."""

    air: Air
    site: AirSite

    def come(self) -> dict[str, Joined]:
        """Have everybody look for their network anew."""
        return self.air.join([self.site.stations[name] for name in (*PEOPLE, VISITOR)])

    def landed(self, found: dict[str, Joined]) -> dict[str, bool]:
        """Return who has addresses of their own segment."""
        segments = {name: self.site.stations[name].segment for name in found}
        return {
            name: leasing.is_of(each.lease, self.air.segment(segments[name]))
            for name, each in found.items()
        }


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    site = AirSite(tmp_path_factory.mktemp("week") / "demo")
    say = with_seconds()
    bricks: tuple[Brick, ...] = ("base", "network", "wifi", "records")
    with Air(site.plan, site.secrets, (*PEOPLE, VISITOR), say, bricks=bricks) as air:
        say("Deploying")
        outcome = air.act("apply", quiet())
        assert outcome.status == "done", outcome.message
        say("Deployed")
        yield Seen(air, site)


def test_a_week_alone_people_log_in_and_visitors_are_recorded(seen: Seen) -> None:
    assert seen.landed(seen.come()) == EVERYBODY
    assert week.follows_the_world(seen.air)
    assert week.wait_for_clock(seen.air, synchronised=True)
    week.cut(seen.air)
    today = week.pass_a_week(seen.air)
    assert week.wait_for_clock(seen.air, synchronised=False)
    assert week.follows_itself(seen.air)

    after = seen.come()
    assert seen.landed(after) == EVERYBODY
    gateway = seen.air.segment("agents").ipv4.partition("/")[0]
    assert week.asked_for_time(seen.air, "password", gateway)

    week.look_for_a_page(seen.air, VISITOR)
    lines = week.records(seen.air, f"{today}")
    address = after[VISITOR].lease.ipv4
    assert [each for each in lines if each["kind"] == "open" and address in each["source"]]
    assert {each["time"][:10] for each in lines} == {f"{today}"}
    moved = [each["by_s"] for each in week.records(seen.air) if each["kind"] == "clock-set"]
    assert moved[-1] == pytest.approx(week.DAYS * 86_400, abs=60)
    clocks = [each["synchronised"] for each in lines if each["kind"] == "clock"]
    assert clocks[-1] is False
    assert week.holds(seen.air)


def test_with_the_link_the_time_is_right_again(seen: Seen) -> None:
    """A week's drift is slewed away: records and log-ins never see time run backwards."""
    jumps = [each for each in week.records(seen.air) if each["kind"] == "clock-set"]
    week.come_back(seen.air)
    assert week.behind_the_world(seen.air) == pytest.approx(week.LOST_SECONDS, abs=0.5)
    assert week.follows_the_world(seen.air)
    assert week.behind_the_world(seen.air) == pytest.approx(0, abs=0.2)
    assert week.wait_for_clock(seen.air, synchronised=True)
    after = week.records(seen.air)
    assert [each for each in after if each["kind"] == "clock-set"] == jumps
    assert week.holds(seen.air)
    assert {seen.air.state(name) for name in PEOPLE} == {"COMPLETED"}
