"""Telephony under attack: scan, guesses, floods, calls that cost, a stolen password.

Each attack is bounded and happens inside the lab's containers. While the loud ones last, a phone
logs in, calls another one and is heard, and an emergency call reaches the operator. Prints figures.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mairie.files import network
from mairie.files import voip as table
from mairie.host.looks import sip
from mairie.inventory import load
from mairie.lab.containers import Lab
from mairie.nftables import telephony as rules
from mairie.plan.resolve import resolve
from mairie.render import render
from mairie.run import Reach, Run
from mairie.transport import Docker
from tests.lab.voip_containers import start
from tests.lab.voip_world import (
    PASSWORD,
    RURUTU,
    SHARE,
    Phone,
    World,
    wait,
)

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

ATTACKER, INTRUDER = "attacker", "intruder"
"""A station of the segment of phones; one of the agents' segment."""
PROGRAM = "/srv/attack/attacker.py"
SETS = (
    rules.REQUESTS,
    rules.CALLS,
    rules.CONNECTIONS,
    rules.EMERGENCIES,
    rules.FLOODERS,
    rules.REFUSALS,
    rules.FLOODERS_IPV6,
)
CLEAR = 0.9
"""Share of a tone in what is heard, when nothing else is."""


@dataclass
class Attacked:
    """Two communes with telephones, one of them guarded, and who attacks it."""

    world: World
    lab: Lab
    address: dict[str, str]
    """Of those who attack."""
    network: dict[str, str]
    """In IPv6, of the segments in which they stand."""

    @property
    def server(self) -> str:
        """Address of the attacked host."""
        return self.world.voip(RURUTU).ipv4

    def phone(self, name: str) -> Phone:
        return self.world.phones[f"rurutu {name}"]

    def sh(self, script: str) -> str:
        return self.lab.check(RURUTU, ["sh", "-c", script], timeout=60)

    def guard(self) -> None:
        """Place the firewall and fail2ban as bricks network and voip do."""
        wanted = (network.NFTABLES, network.NFTABLES_UNIT, network.FIREWALL_STATE)
        for file in render(self.world.plans[RURUTU], self.world.secrets(RURUTU), "network"):
            if file.path in wanted:
                self.lab.put(RURUTU, {file.path: file.text.encode()}, int(file.mode, 8))
        self.sh(
            "systemctl daemon-reload && systemctl enable --now nftables && "
            f"systemctl reload nftables && systemctl restart {table.GUARD_SERVICE}"
        )

    def station(self, name: str, first: str, more: int = 0) -> None:
        """Give a station addresses and the program that attacks."""
        lines = ["ip link set eth0 up"]
        lines += [
            f"ip address replace {ip_address(first) + number}/8 dev eth0"
            for number in range(more + 1)
        ]
        self.lab.check(name, ["sh", "-ec", "\n".join(lines)])
        sources = {PROGRAM: SHARE / "attacker.py", "/srv/attack/sip.py": Path(sip.__file__)}
        self.lab.put(name, {path: file.read_bytes() for path, file in sources.items()})
        self.address[name] = first

    def in_ipv6(self, name: str, network: str) -> None:
        """Give a station an address in IPv6, and every other one of its network."""
        own = ip_network(network)[0x666]
        self.lab.check(
            name,
            ["sh", "-ec", "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 2>/dev/null || :\n"
             f"ip -6 address replace {own}/16 dev eth0 nodad\n"
             f"ip -6 route replace local {network} dev lo"],
        )  # fmt: skip
        self.network[name] = network

    def attack(self, name: str, kind: str, *words: object, ipv6: bool = False) -> dict[str, Any]:
        """Attack, and return what the attacker saw."""
        server = self.world.voip(RURUTU).ipv6 if ipv6 else self.server
        argv = ["python3", PROGRAM, kind, server, *map(str, words)]
        found: dict[str, Any] = json.loads(self.lab.check(name, argv, timeout=90))
        return found

    def counted(self) -> dict[str, int]:
        """Return the packets that the guard threw away, by counter."""
        listed = json.loads(self.sh("nft --json list counters table inet mairie"))["nftables"]
        counters = [item["counter"] for item in listed if "counter" in item]
        ours = rules.counters(self.world.plans[RURUTU])
        return {each["name"]: each["packets"] for each in counters if each["name"] in ours}

    def held(self) -> set[str]:
        """Return the addresses that fail2ban holds."""
        told = self.sh(f"fail2ban-client get {table.JAIL} banip")
        return set(told.split())

    def forget(self) -> None:
        """Begin anew: shares, lists, counters, logs, calls."""
        flush = "; ".join(f"nft flush set inet mairie {name}" for name in SETS)
        self.sh(
            f"fail2ban-client unban --all >/dev/null; {flush}; "
            "nft reset counters table inet mairie >/dev/null; "
            f": >{table.SECURITY}; rm -f {table.RECORDS}/*.csv"
        )

    def red(self) -> dict[str, str]:
        """Return the controls of the guard that are not green, with what they say."""
        plans = {RURUTU: self.world.plans[RURUTU]}
        reach = Reach(self.world.secrets, lambda host: Docker(self.lab.container(host)))
        outcome = Run(plans, reach, Console(file=io.StringIO()), "demo", 1).act(
            "verify", ("voip",)
        )[0]
        assert outcome.results, outcome.message
        found = {
            item.id: item.message
            for item in outcome.results
            if item.outcome != "pass" and item.id in {"VOI-42", "VOI-43", "VOI-44", "VOI-45"}
        }
        for control, message in found.items():
            print(f"    {control}: {message}")
        return found


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("voip") / "inventory"
    with Lab("test-voip-attack") as lab:
        guards = {RURUTU: f"{table.GUARD_PACKAGE} nftables"}
        others = (ATTACKER, INTRUDER)
        world = start(lab, World(lab, folder), others=others, packages=guards)
        found = Attacked(world, lab, {}, {})
        found.guard()
        voice = ip_network(found.phone("accueil").extension.prefix_ipv4)
        agents = next(
            prefix
            for rule in world.plans[RURUTU].network.firewall.rules
            if rule.flow == "agents-servers"
            for prefix in rule.source.ipv4
        )
        found.station(ATTACKER, f"{voice[60]}", more=160)
        # The same site's: bits of the site from phones, those of the segment from the rule.
        value, _, mask = agents.partition("/")
        bits = int(ip_address(mask))
        site = (int(voice[60]) & ~bits) | int(ip_address(value))
        found.station(INTRUDER, f"{ip_address(site)}")
        segments = resolve(load(folder, secrets=False))["rurutu-mairie-gw"].network.segments
        prefixes = {segment.segment: segment.prefix_ipv6 for segment in segments}
        found.in_ipv6(ATTACKER, prefixes["voice"])
        found.in_ipv6(INTRUDER, prefixes["agents"])
        yield found


@pytest.fixture(autouse=True)
def _anew(attacked: Attacked) -> Iterator[None]:
    attacked.world.revive()
    attacked.forget()
    yield
    attacked.world.hush()


def in_call(world: World, phone: Phone) -> bool:
    name = f"PJSIP/{phone.extension.number}-"
    return any(
        line[0].startswith(name) and line[4] == "Up" and line[12]
        for line in world.channels(phone.server)
    )


def _hears(world: World, one: Phone, other: Phone) -> bool:
    return world.heard(one)[other.tone] > CLEAR


def life_goes_on(attacked: Attacked) -> str:
    """Log in, talk, call 15; return how long each took."""
    world = attacked.world
    caller, called = attacked.phone("maire"), attacked.phone("secretariat")
    took = []

    def within(seconds: float, what: str, come: Callable[[], bool]) -> None:
        begun = time.monotonic()
        assert wait(come, seconds), f"{what}: {world.channels(RURUTU)}"
        took.append(f"{what} {time.monotonic() - begun:.1f} s")

    world.switch_off(called)
    world.ask(RURUTU, "database deltree registrar")
    world.switch_on(called)
    within(10, "log-in", lambda: world.is_registered(called))
    world.switch_on(caller)
    assert wait(lambda: world.is_registered(caller), 10)
    world.dial(caller, called.extension.number)
    within(10, "call", lambda: in_call(world, called))
    for one, other in ((caller, called), (called, caller)):
        hears = partial(_hears, world, one, other)
        within(8, f"{one.extension.name} hears", hears)
    world.hang_up(caller, called)
    assert wait(lambda: not in_call(world, called), 10)
    world.dial(attacked.phone("atelier"), "15")
    within(10, "15", lambda: any(call[2] == "15" for call in world.seen("operator")))
    return ", ".join(took)


def meanwhile(attacked: Attacked, *attack: object, ipv6: bool = False) -> dict[str, Any]:
    """Attack from the attacker's station while life goes on."""
    name, *words = map(str, attack)
    with ThreadPoolExecutor(1) as background:
        going: Future[dict[str, Any]] = background.submit(
            partial(attacked.attack, name, *words, ipv6=ipv6)
        )
        time.sleep(0.5)
        lived = life_goes_on(attacked)
        lasted = not going.done()
        found = going.result()
    over = "" if lasted else " (it was over first)"
    family = " in IPv6" if ipv6 else ""
    print(f"\n  {' '.join(map(str, attack))}{family}\n    meanwhile{over}: {lived}")
    print(f"    saw {json.dumps(found)[:300]}; thrown away {attacked.counted()}")
    return found


def test_a_quiet_day_is_green(attacked: Attacked) -> None:
    life_goes_on(attacked)
    assert attacked.counted() == dict.fromkeys(attacked.counted(), 0)
    assert attacked.red() == {}


def test_500_phones_start_at_once(attacked: Attacked) -> None:
    first = ip_address(attacked.address[ATTACKER]) + 1
    found = attacked.attack(ATTACKER, "start", first, 160, 500)
    print(f"\n  500 phones, two requests each: {found}")
    assert found["answered"] == found["sent"]
    assert attacked.counted() == dict.fromkeys(attacked.counted(), 0)


def test_extension_scan(attacked: Attacked) -> None:
    """Known and unknown numbers are answered alike, and most are not answered at all."""
    guard = attacked.world.voip(RURUTU).guard
    found = meanwhile(attacked, ATTACKER, "scan", 100, 1599)
    assert set(found["answered"].values()) == {"401"}
    assert len(found["answered"]) <= guard.source_burst + guard.source_rate * 20
    assert attacked.counted()[rules.LIMITED] >= 1000
    red = attacked.red()
    assert set(red) == {"VOI-42", "VOI-43"}
    assert all(attacked.address[ATTACKER] in said for said in red.values())
    assert "poste inconnu" in red["VOI-42"]


def test_password_guessing(attacked: Attacked) -> None:
    """Of a thousand guesses, some tens are looked at; then the address is held."""
    guard = attacked.world.voip(RURUTU).guard
    found = meanwhile(attacked, ATTACKER, "guess", "102", 1000, 50)
    assert found["sent"] == 1000
    looked_at = found["told"].get("401 to a password", 0)
    assert looked_at <= guard.source_burst
    assert not any(told.startswith("200") for told in found["told"])
    assert attacked.held() == {attacked.address[ATTACKER]}
    journal = attacked.sh(
        "journalctl --priority warning --identifier mairie-telephony --output cat"
    )
    assert attacked.address[ATTACKER] in journal
    counted = attacked.counted()
    assert counted[rules.DROPPED_HELD] > 0
    red = attacked.red()
    assert "mauvais mot de passe 102" in red["VOI-42"]
    assert attacked.address[ATTACKER] in red["VOI-42"]
    print(f"    {found['sent']} tried, {looked_at} looked at, held: {attacked.held()}")


def test_password_guessing_over_a_connection(attacked: Attacked) -> None:
    """Its packets have a share for calls, not for guesses: who is held is held there too."""
    found = attacked.attack(ATTACKER, "guess-tcp", "102", 1000, 20)
    looked_at = found["told"].get("401 to a password", 0)
    print(f"\n  over TCP: {found}, held: {attacked.held()}; {attacked.counted()}")
    assert looked_at < 200
    assert found["told"]["nothing"] > 0
    assert attacked.held() == {attacked.address[ATTACKER]}


def test_held_addresses_survive_a_change_of_the_firewall(attacked: Attacked) -> None:
    attacked.attack(ATTACKER, "guess", "102", 40, 5)
    assert wait(lambda: attacked.address[ATTACKER] in attacked.held(), 10)
    attacked.sh("systemctl reload nftables")
    listed = f"nft list set inet mairie {rules.HELD}"
    assert wait(lambda: attacked.address[ATTACKER] in attacked.sh(listed), 15)
    assert "VOI-45" not in attacked.red()


def test_invite_flood(attacked: Attacked) -> None:
    guard = attacked.world.voip(RURUTU).guard
    found = meanwhile(attacked, ATTACKER, "flood", "101", 5000, 20)
    assert sum(found["told"].values()) <= guard.source_burst + guard.source_rate * 25
    assert attacked.counted()[rules.LIMITED] >= 4500
    red = attacked.red()
    assert attacked.address[ATTACKER] in red["VOI-43"]


def test_flood_under_the_address_of_a_phone(attacked: Attacked) -> None:
    """What is forged takes the share of ordinary requests, never that of emergencies."""
    world, phone = attacked.world, attacked.phone("maire")
    with ThreadPoolExecutor(1) as background:
        forged = f"{phone.address}:{phone.port}"
        going = background.submit(attacked.attack, ATTACKER, "flood", "101", 4000, 16, forged)
        time.sleep(3)
        begun = time.monotonic()
        world.dial(phone, "15")
        arrived = wait(lambda: any(call[2] == "15" for call in world.seen("operator")), 10)
        took = time.monotonic() - begun
        lasted = not going.done()
        found = going.result()
    print(f"\n  under {forged}: 15 after {took:.1f} s; {found}; {attacked.counted()}")
    assert lasted
    assert arrived
    assert attacked.counted()[rules.LIMITED] > 3000
    assert attacked.held() == set()
    assert phone.address in attacked.red()["VOI-43"]


def test_forged_guesses_hold_no_phone(attacked: Attacked) -> None:
    """A challenge can be answered under another address: a registered phone is not held for it."""
    phone = attacked.phone("maire")
    assert attacked.world.is_registered(phone)
    found = attacked.attack(ATTACKER, "forge", "103", f"{phone.address}:{phone.port}", 20)
    assert found["sent"] == 20
    wrong = f'grep -c "ChallengeResponseFailed.*{phone.address}" {table.SECURITY}'
    assert wait(lambda: int(attacked.sh(f"{wrong} || :")) == 20, 5)
    time.sleep(4)
    assert attacked.held() == set()
    assert phone.address in attacked.red()["VOI-42"]


def test_a_held_phone_calls_15(attacked: Attacked) -> None:
    phone = attacked.phone("maire")
    held = f"inet mairie {rules.HELD}"
    attacked.sh(f"nft add element {held} '{{ {phone.address} timeout 1m }}'")
    try:
        attacked.world.dial(phone, "15")
        assert wait(lambda: any(x[2] == "15" for x in attacked.world.seen("operator")), 10)
    finally:
        attacked.sh(f"nft delete element {held} '{{ {phone.address} }}'")


def test_calls_that_cost(attacked: Attacked) -> None:
    """Not without the right; with it, until the day's cap; both are seen."""
    world, voip = attacked.world, attacked.world.voip(RURUTU)
    without, with_right = attacked.phone("accueil"), attacked.phone("maire")
    day = attacked.sh(f"TZ={world.plans[RURUTU].timezone} date +%Y%m%d").strip()
    price = next(
        each.cents_per_minute
        for each in voip.classes
        if each.right == "international" and not each.blocked
    )
    out = []

    def call(phone: Phone, number: str) -> None:
        world.dial(phone, number)
        out.append(wait(lambda: bool(world.seen("operator")), 3))
        world.hush()

    for number in ("0033142000000", "87991234") * 3:
        call(without, number)
    assert out == [False] * 6
    world.ask(RURUTU, f"database put spent {day} {voip.spending.daily_cents - 3 * price}")
    try:
        out.clear()
        for _ in range(9):
            call(with_right, "0033142000000")
    finally:
        world.ask(RURUTU, f"database del spent {day}")
    print(f"\n  with the price of three calls left: {out}")
    assert out == [True] * 3 + [False] * 6
    red = attacked.red()
    assert set(red) == {"VOI-44"}
    assert "101 (6)" in red["VOI-44"]
    assert "103 (6)" in red["VOI-44"]


def test_a_stolen_password_elsewhere(attacked: Attacked) -> None:
    """The right password of a phone, from the agents' segment."""
    name = attacked.phone("accueil").extension
    found = attacked.attack(INTRUDER, "login", name.number, PASSWORD.format("accueil"), 20)
    print(f"\n  from {attacked.address[INTRUDER]}: {found}")
    assert found["told"]
    assert not any(told.startswith("200") for told in found["told"])
    red = attacked.red()
    assert re.search(
        rf"{attacked.address[INTRUDER]} \(\d+, hors de son réseau 101\)", red["VOI-42"]
    )


# In IPv6 ------------------------------------------------------------------------------------------


def nobody_is_served(attacked: Attacked, name: str, found: dict[str, Any]) -> None:
    """Nothing came to Asterisk, what was too much was thrown away, the network is named."""
    told = found.get("told") or found.get("answered")
    assert not told, told
    assert attacked.sh(f"grep -c IPV6 {table.SECURITY} || :").strip() == "0"
    counted, guard = attacked.counted(), attacked.world.voip(RURUTU).guard
    assert counted[rules.REFUSED_IPV6] <= guard.source_burst + guard.source_rate * 25
    assert counted[rules.LIMITED] >= found["sent"] * 0.8
    assert counted[rules.LIMITED_ALL] == 0
    assert attacked.held() == set()
    red = attacked.red()
    assert set(red) == {"VOI-43"}
    network = attacked.network[name]
    assert network in red["VOI-43"]


@pytest.mark.parametrize("name", [ATTACKER, INTRUDER])
def test_extension_scan_in_ipv6(attacked: Attacked, name: str) -> None:
    found = meanwhile(attacked, name, "scan", 100, 1599, ipv6=True)
    nobody_is_served(attacked, name, found)


@pytest.mark.parametrize("name", [ATTACKER, INTRUDER])
def test_flood_from_thousands_of_addresses_in_ipv6(attacked: Attacked, name: str) -> None:
    """Each call comes from another address of the segment, the phones' own network."""
    found = meanwhile(attacked, name, "hop", "101", 5000, 20, attacked.network[name], ipv6=True)
    nobody_is_served(attacked, name, found)


def test_password_guessing_in_ipv6(attacked: Attacked) -> None:
    found = attacked.attack(ATTACKER, "guess-tcp", "102", 1000, 10, ipv6=True)
    assert found == {"sent": 0, "told": {"ConnectionRefusedError": 1}}
    found = attacked.attack(ATTACKER, "guess", "102", 200, 20, ipv6=True)
    print(f"\n  {found}; {attacked.counted()}")
    assert set(found["told"]) == {"nothing"}
    assert attacked.sh(f"grep -c IPV6 {table.SECURITY} || :").strip() == "0"
    assert attacked.held() == set()
