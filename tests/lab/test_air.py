"""Wi-Fi on the air: a gateway's own radios in the QEMU machine, and real stations around it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mairie.lab import leasing, matrix
from mairie.lab.air import MARK, Air, Joined, joined
from mairie.lab.clients import Lease
from mairie.lab.fabric import Attachment
from mairie.lab.hearing import WAYS, Voice, Way, hear, ways
from mairie.lab.stations import RADIO, Station, by_passphrase
from mairie.lab.topology import Client, Topology
from mairie.lab.trunk import PORTS
from mairie.push import HostOutcome
from mairie.report.model import FlowCheck
from tests.lab.air_site import AirSite
from tests.lab.telling import quiet, with_seconds

A_MINUTE = 60
SCANNER = "scanner"
"""A station that only listens."""
TRYING = ("password", "put-in-school", "meter", "visitor")
"""One station of each segment: how it came in makes no difference afterwards."""


OTHER_VISITORS = ("near-visitor", "far-visitor", "owe-visitor")
"""On the same network and radio, on the other radio, and on the encrypted network."""


@dataclass
class Seen:
    """One run, looked at by all tests."""

    air: Air
    site: AirSite
    joined: dict[str, Joined]
    by_visitor: dict[str, frozenset[Way]]
    by_agent: dict[str, frozenset[Way]]
    flows: tuple[FlowCheck, ...]
    before: dict[str, str]
    """What is on the air without a lesson."""
    heard: dict[str, str]
    """And during one."""
    on_after: float
    """Seconds from the command to the first scan that hears the school."""

    def deploy(self) -> HostOutcome:
        """Deploy the inventory as it is now."""
        self.air.change(self.site.plan, self.site.secrets)
        outcome = self.air.act("apply", quiet())
        assert outcome.status == "done", outcome.message
        return outcome


def voice(site: AirSite, name: str, found: dict[str, Joined]) -> Voice:
    return Voice(name, site.stations[name].mac, found[name].lease)


def listened(
    air: Air, site: AirSite, found: dict[str, Joined], speaker: str, *others: str
) -> dict[str, frozenset[Way]]:
    segment = air.segment(site.stations[speaker].segment)
    listeners = [voice(site, name, found) for name in others]
    return hear(air.nodes, voice(site, speaker, found), listeners, segment.prefix_ipv4)


def packets(air: Air, site: AirSite, found: dict[str, Joined]) -> tuple[FlowCheck, ...]:
    cable = Attachment(interface=RADIO, network="air")
    clients = tuple(
        Client(name, air.host, site.stations[name].segment, "", cable) for name in TRYING
    )
    leases = {name: found[name].lease for name in TRYING}
    layout = Topology((), clients, (air.host,))
    return matrix.run(air.nodes, {air.host: air.plan}, layout, leases, PORTS)


def begin(air: Air, site: AirSite) -> tuple[dict[str, str], float]:
    """Begin a lesson; return what is heard then, and after how many seconds."""
    school = site.network("school").ssid
    began = time.monotonic()
    air.machine.run("mairie-lessons on --minutes 120 --by Hina")
    heard = air.heard(SCANNER)
    while school not in heard and time.monotonic() - began < A_MINUTE:
        heard = air.heard(SCANNER)
    return heard, time.monotonic() - began


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    site = AirSite(tmp_path_factory.mktemp("air") / "demo")
    say = with_seconds()
    with Air(site.plan, site.secrets, [*site.stations, SCANNER], say) as air:
        say("Deploying")
        first = air.act("apply", quiet())
        assert first.status == "done", first.message
        before = air.heard(SCANNER)
        say("A lesson begins")
        heard, on_after = begin(air, site)
        say("Every station looks for its network")
        came = air.join(site.stations.values())
        say("They speak to each other")
        by_visitor = listened(air, site, came, "visitor", *OTHER_VISITORS)
        by_agent = listened(air, site, came, "password", "certificate", "put-in-school")
        say("Trying who reaches whom")
        flows = packets(air, site, came)
        say("Looked")
        yield Seen(air, site, came, by_visitor, by_agent, flows, before, heard, on_after)
        say("Done")


@pytest.mark.machine
@pytest.mark.timeout(3600)
class TestAir:
    """Who comes in, where to, and what is on the air."""

    def test_each_comes_in_or_is_refused(self, seen: Seen) -> None:
        expected = {
            name: "connected" if station.segment else "refused"
            for name, station in seen.site.stations.items()
        }
        found = {name: each.verdict for name, each in seen.joined.items()}
        assert found == expected, [
            joined.said for name, joined in seen.joined.items() if joined.verdict != expected[name]
        ]

    def test_each_lands_in_its_segment(self, seen: Seen) -> None:
        """Addresses of both families, and a resolver that answers: things may not ask it."""
        landed = {
            name: (
                leasing.is_of(each.lease, seen.air.segment(segment)),
                bool(each.lease.resolvers),
                each.named,
            )
            for name, each in seen.joined.items()
            if (segment := seen.site.stations[name].segment)
        }
        assert landed == {name: (True, True, name != "meter") for name in landed}

    @pytest.mark.parametrize(
        ("name", "keys"),
        [
            ("certificate", "WPA2-EAP-SHA256"),
            ("password", "WPA2-EAP-SHA256"),
            ("pupil", "SAE"),
            ("owe-visitor", "OWE"),
        ],
    )
    def test_who_can_protects_management_frames(self, seen: Seen, name: str, keys: str) -> None:
        status = seen.joined[name].status
        assert (status["key_mgmt"], status["pairwise_cipher"]) == (keys, "CCMP")
        assert status["pmf"] in ("1", "2")

    def test_visitors_do_not_meet(self, seen: Seen) -> None:
        assert seen.by_visitor == dict.fromkeys(OTHER_VISITORS, frozenset())

    def test_agents_meet_and_are_not_heard_elsewhere(self, seen: Seen) -> None:
        assert seen.by_agent == {"certificate": WAYS, "put-in-school": frozenset()}

    def test_packets_go_where_the_plan_says(self, seen: Seen) -> None:
        assert [check for check in seen.flows if check.outcome != "pass"] == []
        tried = {(check.source, check.destination, check.expected) for check in seen.flows}
        assert ("agents", "internet", "allowed") in tried
        assert ("public", "internet", "allowed") in tried
        assert ("public", "agents", "refused") in tried
        assert ("things", "internet", "refused") in tried

    def test_all_networks_are_on_the_air(self, seen: Seen) -> None:
        for radio in seen.air.radios:
            assert {network.ssid for network in radio.networks} <= set(seen.heard)

    def test_the_school_is_off_the_air_without_a_lesson(self, seen: Seen) -> None:
        school = seen.site.network("school").ssid
        assert school not in seen.before
        assert seen.site.network("agents").ssid in seen.before

    def test_a_lesson_is_on_the_air_within_ten_seconds(self, seen: Seen) -> None:
        assert seen.site.network("school").ssid in seen.heard
        assert seen.on_after < 10


@pytest.mark.machine
@pytest.mark.air
@pytest.mark.timeout(3600)
class TestLater:
    """What becomes of them with time and further deploys; some ten minutes more."""

    def test_every_control_is_green_none_unknown(self, seen: Seen) -> None:
        controls = seen.air.verify(quiet(), "wifi", "lessons")
        assert len(controls) > 20
        assert [
            f"{item.id} {item.subject}: {item.outcome}: {item.message}"
            for item in controls
            if item.outcome != "pass"
        ] == []

    def test_a_second_deploy_during_a_lesson_changes_nothing(self, seen: Seen) -> None:
        assert seen.deploy().changed == ()
        assert seen.air.state("pupil") == "COMPLETED"

    def test_a_radio_that_starts_again_goes_on_with_the_lesson(self, seen: Seen) -> None:
        for radio in seen.air.radios:
            (school,) = radio.for_lessons
            ask = f"hostapd_cli -p /run/mairie-hostapd/{radio.name} -i global raw INTERFACES"
            seen.air.machine.run(f"systemctl restart mairie-hostapd@{radio.name}.service")
            seen.air.machine.run(
                f"timeout 40 sh -c 'until {ask} | grep -qx {school.interface}; do sleep 1; done'"
            )

    def test_a_lesson_ends_by_itself_and_the_others_stay(self, seen: Seen) -> None:
        stays = ("password", "visitor", "meter")
        came = seen.air.join(seen.site.stations[name] for name in (*stays, "pupil"))
        assert {each.verdict for each in came.values()} == {"connected"}
        before = {name: seen.air.losses(name) for name in stays}
        seen.air.machine.run("mairie-lessons on --minutes 1 --by Hina")
        off = "timeout 90 sh -c 'until mairie-lessons status | grep -q éteint; do sleep 1; done'"
        seen.air.machine.run(off, timeout=120)
        heard = seen.air.heard(SCANNER)
        assert seen.site.network("school").ssid not in heard
        assert seen.site.network("agents").ssid in heard
        assert {name: seen.air.losses(name) for name in stays} == before
        assert {seen.air.state(name) for name in stays} == {"COMPLETED"}
        log = seen.air.machine.run("mairie-lessons log").splitlines()
        assert log[-1].endswith("\tarrêt\thoraire\tfin prévue")

    def test_who_leaves_is_out_with_the_deploy(self, seen: Seen) -> None:
        """Even while connected: nothing that hostapd remembers lets them stay."""
        assert seen.air.state("leaves") == "COMPLETED"
        seen.site.leave()
        seen.deploy()
        # hostapd forgets at once; a device may learn it with the next frame that it sends.
        gateway = seen.air.segment("agents").ipv4.partition("/")[0]
        ends = time.monotonic() + A_MINUTE
        while seen.air.state("leaves") == "COMPLETED" and time.monotonic() < ends:
            seen.air.nodes.exec("leaves", ["ping", "-c", "1", "-W", "1", gateway])
        assert seen.air.state("leaves") != "COMPLETED"
        again = seen.air.join([seen.site.stations["leaves"], seen.site.stations["password"]])
        assert {name: each.verdict for name, each in again.items()} == {
            "leaves": "refused",
            "password": "connected",
        }

    def test_a_network_that_is_off_is_not_on_the_air(self, seen: Seen) -> None:
        school = seen.site.network("school").ssid
        begin(seen.air, seen.site)
        seen.site.close_school()
        assert seen.deploy().changed
        heard = seen.air.heard(SCANNER)
        assert school in seen.heard
        assert school not in heard
        assert seen.site.network("agents").ssid in heard

    def test_a_last_deploy_changes_nothing(self, seen: Seen) -> None:
        assert seen.deploy().changed == ()


def test_ways_of_a_capture() -> None:
    lease = Lease("10.0.0.2", "fd00::2", ())
    head = "12:00:00.1 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype"
    lines = {
        f"{head} IPv4 (0x0800), length 98: 10.0.0.1 > 10.0.0.2: ICMP echo request": "unicast IPv4",
        f"{head} IPv6 (0x86dd), length 118: fd00::1 > fd00::2: ICMP6, echo request": "unicast IPv6",
        f"{head} ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1": "ARP",
        f"{head} IPv4 (0x0800), length 98: 10.0.0.1 > 10.0.0.255: ICMP echo request": "broadcast",
        f"{head} IPv6 (0x86dd), length 118: fe80::1 > ff02::fb: ICMP6, echo request": (
            "multicast IPv6"
        ),
        f"{head} IPv4 (0x0800), length 98: 10.0.0.1 > 224.0.0.251: ICMP echo request": (
            "multicast IPv4"
        ),
    }
    for line, way in lines.items():
        assert ways(line, lease, "10.0.0.255") == {way}
    assert ways("\n".join(lines), lease, "10.0.0.255") == WAYS
    elsewhere = f"{head} IPv4 (0x0800), length 98: 10.0.0.1 > 10.0.0.3: ICMP echo request"
    assert ways(elsewhere, lease, "10.0.0.255") == frozenset()


def test_what_a_station_printed() -> None:
    address = [{"addr_info": [{"family": "inet", "local": "10.0.0.2", "scope": "global"}]}]
    status = "ssid=Rapa\nkey_mgmt=SAE\nbegan=10.5\nended=12.0\n"
    leased = json.dumps(address) + "\n\n10.0.0.1\n"
    connected = "wlan0: CTRL-EVENT-CONNECTED - Connection to … completed\n"
    found = joined("".join((leased, MARK, "yes\n", MARK, status, MARK, connected)))
    assert (found.verdict, found.seconds, found.named) == ("connected", 1.5, True)
    assert found.status == {"ssid": "Rapa", "key_mgmt": "SAE"}
    assert found.lease == Lease("10.0.0.2", "", ("10.0.0.1",))
    assert not found.has_addresses
    rejected = "wlan0: CTRL-EVENT-EAP-FAILURE EAP authentication failed\n"
    refused = joined("".join((MARK, MARK, status, MARK, rejected)))
    assert (refused.verdict, refused.lease) == ("refused", Lease("", "", ()))
    silent = joined("".join((MARK, MARK, status, MARK, "Successfully initialized\n")))
    assert silent.verdict == "silent"
    with pytest.raises(ValueError, match="a station did not come to its end: ssid=Rapa"):
        joined(status)


def test_settings_of_a_station() -> None:
    station = Station("pupil", by_passphrase("École", "secret", sae=True), "school")
    assert station.configuration([5180, 2437]).splitlines() == [
        "ctrl_interface=/run/wpa",
        "sae_pwe=2",
        "network={",
        r'    ssid=P"\xc3\x89\x63\x6f\x6c\x65"',
        "    key_mgmt=SAE",
        "    ieee80211w=2",
        '    sae_password="secret"',
        "    scan_freq=2437 5180",
        "    freq_list=2437 5180",
        "}",
    ]
    assert "secret" not in repr(station)
