"""How much SIP a telephone host takes: what the plan says, and what the firewall makes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from mairie.files import voip as table
from mairie.model.numbering import ReferenceTelephony
from mairie.nftables import rules
from mairie.nftables import telephony as guard
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import SIP_PORT, SIPS_PORT, EmergencyNumber, VoipPlan
from tests.unit.plan.fleets import LAYERS
from tests.unit.plan.test_voip import BOX, SERVER, changed, demo, plans

REFERENCE = ReferenceTelephony.model_validate(LAYERS["all"]["telephony"]).guard


def voip(host: str = SERVER) -> VoipPlan:
    found = plans()[host].voip
    assert found is not None
    return found


def with_emergencies(*numbers: str) -> HostPlan:
    emergency = tuple(
        EmergencyNumber(number=number, label="", source="", checked="") for number in numbers
    )
    return replace(plans()[SERVER], voip=replace(voip(), emergency=emergency))


def test_desk_phones_are_known_by_their_reserved_addresses() -> None:
    desks = plans()[SERVER].phones
    assert desks is not None
    assert voip().guard.known == tuple(sorted(phone.address for phone in desks.phones))
    assert len(voip().guard.known) == 4
    programs = {"atelier": demo().communes["rurutu"].phones["atelier"]}
    without = changed(phones=programs, telephony=None)[SERVER].voip
    assert without is not None
    assert without.guard.known == ()


def test_the_whole_commune_is_counted_the_hub_and_operators_are_not() -> None:
    lines = guard.jumps(plans()[SERVER])
    assert lines == (
        "ip saddr 10.44.0.0/16 udp dport 5060 jump telephony",
        "ip saddr 10.44.0.0/16 tcp dport 5060-5061 jump telephony",
        "ip6 saddr fd6d:6169:7269:2c00::/56 udp dport 5060 jump telephony-ipv6",
        "ip6 saddr fd6d:6169:7269:2c00::/56 tcp dport 5060-5061 jump telephony-ipv6",
    )


@pytest.mark.parametrize("host", ["hub", "rurutu-mairie-gw", "rurutu-ecole-gw"])
def test_hosts_without_telephones_have_none_of_it(host: str) -> None:
    plan = plans()[host]
    assert guard.jumps(plan) == ()
    assert guard.sets(plan) == {}
    assert guard.chains(plan) == {}
    assert guard.counters(plan) == set()


@pytest.mark.parametrize("host", [SERVER, BOX])
def test_every_counter_and_set_is_declared(host: str) -> None:
    plan = plans()[host]
    lines = [line for chain in guard.chains(plan).values() for line in chain]
    used = {name for line in lines for name in re.findall(r"counter name (\S+)", line)}
    assert used == guard.counters(plan)
    assert used <= set(rules.counters(plan))
    assert {name for line in lines for name in re.findall(r"@(telephony\S+)", line)} == set(
        guard.sets(plan)
    )


def test_an_emergency_is_read_in_the_message() -> None:
    """Offsets are in bits behind the UDP header: what they name is what a phone sends."""
    lines = guard.chains(with_emergencies("15", "17", "112", "116117"))[guard.CHAIN]
    found = [line for line in lines if guard.EMERGENCIES in line]
    assert len(found) == 3
    for line in found:
        for number in ("15", "17", "112", "116117"):
            message = f"INVITE sip:{number}@10.44.193.8 SIP/2.0\r\n".encode()
            assert fits(line, message) == (f"0x{f'{number}@'.encode().hex()}" in line)
        for other in ("150", "1", "101"):
            assert not fits(line, f"INVITE sip:{other}@10.44.193.8 SIP/2.0\r\n".encode())
        assert not fits(line, b"REGISTER sip:15@10.44.193.8 SIP/2.0\r\n")


def test_calls_that_stand_have_a_share_of_their_own() -> None:
    line = guard.chains(plans()[SERVER])[guard.CHAIN][1]
    assert f"@{guard.CALLS} " in line
    for first in ("SIP/2.0 200 OK", "ACK sip:101@", "BYE sip:101@", "CANCEL sip:101@"):
        assert fits(line, first.encode())
    for first in ("INVITE sip:101@", "REGISTER sip:", "OPTIONS sip:", "SUBSCRIBE sip:"):
        assert not fits(line, first.encode())


def test_in_ipv6_nothing_is_let_in_and_networks_are_counted() -> None:
    lines = guard.chains(plans()[SERVER])[guard.IPV6]
    assert [line.rpartition(f" {guard.REFUSED_IPV6} ")[2] for line in lines[:2]] == [
        "reject with tcp reset",
        "reject with icmpv6 port-unreachable",
    ]
    assert all(line.endswith(" drop") for line in lines[2:])
    keyed = [line for line in lines if "update @" in line]
    assert len(keyed) == 3
    assert all("{ ip6 saddr & ffff:ffff:ffff:ffff::" in line for line in keyed)
    assert ip_network(f"fd00::/{guard.PREFIX}").netmask == ip_address("ffff:ffff:ffff:ffff::")


@pytest.mark.parametrize("host", [SERVER, BOX, "hub"])
def test_sip_is_answered_in_ipv4_alone(host: str) -> None:
    plan = plans()[host]
    own = plan.voip or plan.exchange
    assert own is not None
    ends = {end for _, end in table.listens(plan)}
    assert ends <= {f"{own.ipv4}:{SIP_PORT}", f"{own.ipv4}:{SIPS_PORT}"}
    assert f"{own.ipv4}:{SIP_PORT}" in ends


def fits(line: str, message: bytes) -> bool:
    """Whether a message has what a line of nft looks for in it."""
    matches = re.findall(r"@th,(\d+),(\d+) (\{[^}]*\}|0x\w+)", line)
    assert matches
    for offset, length, values in matches:
        first = (int(offset) - 64) // 8
        part = message[first : first + int(length) // 8].hex()
        if f"0x{part}" not in re.findall(r"0x\w+", values):
            return False
    return True


def test_500_phones_start_at_once_within_the_reference() -> None:
    """Each sends REGISTER twice, and both once more where answers are late."""
    assert REFERENCE.all_burst >= 500 * 4
    assert REFERENCE.source_burst >= 4 * 10
