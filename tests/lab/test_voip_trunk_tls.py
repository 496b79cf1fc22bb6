"""Operators over TLS: who they are is asked, what is said to them and heard there is encrypted.

Rurutu's operator has an authority of its own, which is in the inventory, and encrypts sound; Rapa's
is the same one, known by an authority among the public ones, without encrypted sound. The reserve
speaks UDP.
"""

from __future__ import annotations

import io
import re
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import pytest
from rich.console import Console

from mairie.files import voip as table
from mairie.lab.containers import Lab
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import Trunk
from mairie.run import Reach, Run
from mairie.secrets.certificates import Issued, new_authority, new_server
from mairie.transport import Docker
from tests.lab.breaks import Break
from tests.lab.breaks.voip import BREAKS
from tests.lab.pcap import packets
from tests.lab.voip_containers import start
from tests.lab.voip_inventory import OPERATOR
from tests.lab.voip_world import OPERATORS, RAPA, RURUTU, SERVERS, Phone, World, wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

CLEAR = 0.9
TODAY = datetime.now(UTC).date()
SIPS = 5061
OWN = new_authority("Opérateur", "lab", today=TODAY, days=400)
STRANGER = new_authority("Ailleurs", "lab", today=TODAY, days=400)
GOOD = new_server(OWN, OPERATOR, today=TODAY, days=100)
WILDCARD = new_server(OWN, f"*.{OPERATOR.partition('.')[2]}", today=TODAY, days=100)
REFUSED = {
    "another authority": new_server(STRANGER, OPERATOR, today=TODAY, days=100),
    "another name": new_server(OWN, "sip.ailleurs.example", today=TODAY, days=100),
}
SHOWN, KEY = f"{table.LIVE}/operator.pem", f"{table.LIVE}/operator.key"
CAPTURE = "/srv/operator.pcap"
TRUSTED = "/usr/local/share/ca-certificates/operator.crt"


class TlsWorld(World):
    """A world whose first operator speaks TLS alone."""

    def leads_to(self, trunk: Trunk, operator: str) -> bool:
        return operator == ("operator" if trunk.transport == "tls" else "reserve")

    @staticmethod
    def _reachable(plan: HostPlan) -> HostPlan:
        if plan.voip is None:
            return plan

        def at(trunk: Trunk) -> Trunk:
            if trunk.name != "local":
                return replace(trunk, host=OPERATORS["reserve"], port=5060)
            # As it is in the inventory: over TLS, by its name; Rapa's without encrypted sound.
            assert (trunk.transport, trunk.port, trunk.host) == ("tls", SIPS, OPERATOR)
            assert trunk.srtp == (plan.name == RURUTU)
            return replace(trunk, authority=OWN.certificate if plan.name == RURUTU else "")

        trunks = tuple(at(trunk) for trunk in plan.voip.trunks)
        return replace(plan, voip=replace(plan.voip, trunks=trunks))

    shown: Issued = GOOD
    """What the first operator shows who calls it over TLS."""

    def show(self, shown: Issued) -> None:
        """Start the first operator with another certificate."""
        self.shown = shown
        self.operator("operator")

    def operator_files(self, name: str) -> dict[str, str]:
        """Let both operators speak TLS: who is led to the other one by mistake has to notice."""
        shown = self.shown if name == "operator" else REFUSED["another authority"]
        transport = "\n".join(
            (
                "[tls]",
                "type = transport",
                "protocol = tls",
                f"bind = {OPERATORS[name]}:{SIPS}",
                "method = tlsv1_2",
                f"cert_file = {SHOWN}",
                f"priv_key_file = {KEY}",
                "",
            )
        )
        return {
            f"{table.LIVE}/pjsip_tls.conf": transport,
            SHOWN: shown.certificate,
            KEY: shown.key,
        }

    def give_addresses(self, name: str) -> None:
        """Put a machine on the flat network, and let it know the operator's name."""
        super().give_addresses(name)
        if name in SERVERS:
            self.leads(name, OPERATORS["operator"])
        if name == RAPA:
            self.nodes.put(name, {TRUSTED: OWN.certificate.encode()})
            self.nodes.check(name, ["update-ca-certificates"])

    def leads(self, name: str, address: str) -> None:
        """Have the operator's name lead somewhere."""
        lines = (
            f"grep -v {OPERATOR} /etc/hosts >/run/hosts || :",
            f"echo {address} {OPERATOR} >>/run/hosts; cat /run/hosts >/etc/hosts",
            # Asterisk asks a name server, and never looks into that file.
            "echo nameserver 127.0.0.1 >/etc/resolv.conf",
            "[ ! -e /run/names.pid ] || kill $(cat /run/names.pid)",
            "dnsmasq -C /dev/null --no-resolv --listen-address=127.0.0.1 --bind-interfaces "
            "--pid-file=/run/names.pid",
        )
        self.nodes.check(name, ["sh", "-ec", "\n".join(lines)])

    def registered(self, server: str) -> bool:
        """Whether the operator knows a town hall."""
        shown = self.ask(server, "pjsip show registrations")
        line = next((each for each in shown.splitlines() if " trunk-local/" in each), "")
        return "Registered" in line

    def reached(self, server: str) -> bool:
        """Whether the operator answers."""
        return bool(re.search(r"Contact:\s+trunk-local/.*\bAvail\b", self.contacts(server)))


@dataclass
class Tls:
    """The world, and what its controls say."""

    world: TlsWorld
    lab: Lab

    def controls(self, *names: str) -> dict[tuple[str, str], tuple[str, str]]:
        """Return outcome and message of some controls of Rurutu's telephone host, by subject."""
        plans = {RURUTU: self.world.plans[RURUTU]}
        reach = Reach(self.world.secrets, lambda host: Docker(self.lab.container(host)))
        console = Console(file=io.StringIO())
        (outcome,) = Run(plans, reach, console, "demo", 1).act("verify", ("voip",))
        assert outcome.results, outcome.message
        return {
            (item.id, item.subject): (item.outcome, item.message)
            for item in outcome.results
            if item.id in names
        }

    def sh(self, name: str, script: str) -> str:
        return self.lab.check(name, ["sh", "-c", script], timeout=60)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    packages = dict.fromkeys(SERVERS, "dnsmasq-base ca-certificates")
    packages |= dict.fromkeys(OPERATORS, "tcpdump")
    with Lab("test-voip-trunk-tls") as lab:
        world = start(lab, TlsWorld(lab, folder), packages=packages)
        for server in (RURUTU, RAPA):
            assert wait(partial(world.registered, server), 40), world.ask(
                server, "pjsip show registrations"
            )
        yield Tls(world, lab)


@pytest.fixture(autouse=True)
def _quiet(tls: Tls) -> Iterator[None]:
    tls.world.revive()
    yield
    tls.world.hush()


@contextmanager
def overheard(tls: Tls) -> Iterator[list[bytes]]:
    """Gather the packets that the operator and Rurutu's telephone host exchange."""
    server = tls.world.voip(RURUTU).ipv4
    tls.sh(
        "operator",
        f"rm -f {CAPTURE}; setsid tcpdump -qnU -Z root -i eth0 -w {CAPTURE} host {server} "
        ">/dev/null 2>&1 </dev/null & echo $! >/run/tcpdump.pid; sleep 1",
    )
    found: list[bytes] = []
    try:
        yield found
    finally:
        tls.sh("operator", "kill $(cat /run/tcpdump.pid); sleep 1")
        found += packets(b64decode(tls.sh("operator", f"base64 {CAPTURE}")))


def hears_itself(world: World, phone: Phone) -> bool:
    """Whether the operator's echo of a phone's tone comes back, and little else."""
    return wait(lambda: world.heard(phone)[phone.tone] > CLEAR, 10)


def test_it_registers_over_tls_and_nothing_is_said_in_the_clear(tls: Tls) -> None:
    assert tls.world.registered(RURUTU)
    known = tls.world.ask("operator", "database show registrar")
    assert re.search(r"contact/rurutu;.*transport=tls", known, re.IGNORECASE), known
    connections = tls.sh(RURUTU, f"ss -Htn state established dport = :{SIPS}")
    assert OPERATORS["operator"] in connections
    looked = tls.controls("VOI-05", "VOI-20", "VOI-21", "VOI-22", "VOI-23")
    assert {outcome for outcome, _ in looked.values()} == {"pass"}, looked


def test_a_call_out_is_heard_both_ways_and_by_nobody_between(tls: Tls) -> None:
    world, phone = tls.world, tls.world.phones["rurutu accueil"]
    with overheard(tls) as found:
        world.dial(phone, "40123456")
        assert wait(lambda: len(world.seen("operator")) == 1, 15), world.channels(RURUTU)
        assert hears_itself(world, phone), world.heard(phone)
        time.sleep(2)
    encrypted(tls, found)


def test_a_call_in_is_heard_both_ways_and_by_nobody_between(tls: Tls) -> None:
    """The operator calls by the connection that the town hall holds open."""
    world, phone = tls.world, tls.world.phones["rurutu direction"]
    world.ask("operator", "module load res_clioriginate.so")
    number = phone.extension.outgoing.removeprefix("+")
    with overheard(tls) as found:
        world.ask("operator", f"channel originate PJSIP/{number}@rurutu application Echo")
        assert hears_itself(world, phone), (world.channels(RURUTU), world.heard(phone))
        time.sleep(2)
    encrypted(tls, found)


RTP, ALAW = 12, 8
"""Bytes of its header, number of the codec in it (RFC 3550, 3551); both stay readable in SRTP."""
ENCRYPTED = 182
"""20 ms of A-law with header and the mark of SRTP (RFC 3711: 80 bits); 172 in the clear."""


def encrypted(tls: Tls, found: list[bytes]) -> None:
    """No signalling and no sound can be read: SRTP alone, in both directions, and TLS."""
    server = tls.world.voip(RURUTU).ipv4
    sound: dict[str, list[bytes]] = {server: [], OPERATORS["operator"]: []}
    for source, content in (each for each in map(udp, found) if each is not None):
        if len(content) > RTP and content[0] >> 6 == 2 and content[1] & 0x7F == ALAW:
            sound[source].append(content)
    for source, packets_of in sound.items():
        assert len(packets_of) > 50, (source, len(packets_of))
        assert {len(content) for content in packets_of} == {ENCRYPTED}, source
        # A tone comes round again after some packets; what is encrypted never does.
        assert len({content[RTP:] for content in packets_of}) == len(packets_of), source
    whole = b"".join(found)
    for word in (b"SIP/2.0", b"a=crypto", b"a=rtpmap", b"INVITE"):
        assert word not in whole, word


def udp(packet: bytes) -> tuple[str, bytes] | None:
    """Return source and content of a UDP packet in an Ethernet frame; None of anything else."""
    if packet[12:14] != b"\x08\x00" or packet[23] != 17:
        return None
    start = 14 + 4 * (packet[14] & 15)
    length = int.from_bytes(packet[start + 4 : start + 6])
    return ".".join(map(str, packet[26:30])), packet[start + 8 : start + length]


def test_a_public_authority_is_believed_and_a_name_with_a_star(tls: Tls) -> None:
    """Rapa's operator is known by one that Debian was told of; its sound is in the clear."""
    world, phone = tls.world, tls.world.phones["rapa infirmerie"]
    world.show(WILDCARD)
    for server in (RAPA, RURUTU):
        assert wait(partial(world.registered, server), 60), server
    world.dial(phone, "40123456")
    assert wait(lambda: len(world.seen("operator")) == 1, 15), world.channels(RAPA)
    assert hears_itself(world, phone), world.heard(phone)


@pytest.mark.parametrize("why", REFUSED)
def test_who_is_not_the_operator_is_refused_and_calls_leave_by_the_reserve(
    tls: Tls, why: str
) -> None:
    world, phone = tls.world, tls.world.phones["rurutu maire"]
    if not wait(lambda: world.reached(RURUTU), 60):
        raise AssertionError(world.contacts(RURUTU))
    try:
        world.show(REFUSED[why])
        assert wait(lambda: not world.reached(RURUTU), 60), world.contacts(RURUTU)
        world.dial(phone, "40123456")
        assert wait(lambda: len(world.seen("reserve")) == 1, 10), world.channels(RURUTU)
        world.hush()
        begun = time.monotonic()
        world.dial(phone, "15")
        assert wait(lambda: any(call[2] == "15" for call in world.seen("reserve")), 20)
        took = time.monotonic() - begun
        assert world.seen("operator") == []
        assert "contact/rurutu" not in world.ask("operator", "database show registrar")
        looked = tls.controls("VOI-05", "VOI-20", "VOI-21", "VOI-22", "VOI-23")
        print(f"\n  {why}: 15 by the reserve after {took:.1f} s; {looked['VOI-23', 'local']}")
        outcomes = {key: outcome for key, (outcome, _) in looked.items() if key[0] != "VOI-20"}
        assert outcomes == {
            ("VOI-05", ""): "pass",
            ("VOI-21", ""): "pass",
            ("VOI-22", "local"): "fail",
            ("VOI-22", "secours"): "pass",
            ("VOI-23", "local"): "fail",
        }
        assert "certificat de Opérateur de l'île refusé" in looked["VOI-23", "local"][1]
    finally:
        world.show(GOOD)
    assert wait(lambda: world.registered(RURUTU) and world.reached(RURUTU), 90)
    world.dial(phone, "40123456")
    assert wait(lambda: len(world.seen("operator")) == 1, 15), world.channels(RURUTU)


def test_a_start_while_the_operator_is_not_itself_is_no_fault_of_ours(tls: Tls) -> None:
    """VOI-05 and the trial of a new configuration say what is wrong here, not what is there."""
    world = tls.world
    try:
        world.show(REFUSED["another authority"])
        tls.sh(RURUTU, f"systemctl restart {table.SERVICE} && asterisk -rx 'core waitfullybooted'")
        time.sleep(25)
        looked = tls.controls("VOI-05", "VOI-22")
        assert looked["VOI-22", "local"][0] == "fail"
        assert looked["VOI-05", ""][0] == "pass", looked
        world.nodes.check(RURUTU, [table.APPLY], timeout=120)
    finally:
        world.show(GOOD)
    assert wait(lambda: world.registered(RURUTU), 90)


@pytest.mark.parametrize(
    "item", [each for each in BREAKS if each.role == "trunk-tls"], ids=lambda item: item.control
)
def test_damage_is_seen_and_repaired(tls: Tls, item: Break) -> None:
    assert {outcome for outcome, _ in tls.controls(item.control).values()} == {"pass"}
    tls.sh(RURUTU, item.damage)
    try:
        assert {outcome for outcome, _ in tls.controls(item.control).values()} == {"fail"}
    finally:
        tls.sh(RURUTU, item.repair)
    assert {outcome for outcome, _ in tls.controls(item.control).values()} == {"pass"}
