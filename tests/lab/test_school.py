"""The school in containers: lessons, but for the air, which needs a radio; names, and a pupil."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.lessons import SERVICE
from mairie.host.events import Action
from mairie.inventory import load
from mairie.lab import clients, internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.push import HostOutcome
from mairie.run import Run
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault
from tests.lab.batches import all_breaks, batches, words
from tests.lab.breaks import Break
from tests.lab.breaks.lessons import SCHOOL

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
COMMUNE, GATEWAY, PUPIL = "rurutu", "rurutu-ecole-gw", "rurutu-ecole-school"
CABLES = "admin: eth3}}"
RADIOS = "radios: {wlan0: {band: 2.4, channel: 6}}"


def inventory(folder: Path) -> Path:
    """Copy the demo, and give the gateway of its school a radio."""
    copy = Path(shutil.copytree(DEMO, folder / "demo"))
    path = copy / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    assert text.count(CABLES) == 1
    path.write_text(text.replace(CABLES, f"{CABLES[:-1]}, {RADIOS}}}"))
    vault = Vault(copy, load(copy, secrets=False))
    assert Logins(vault).generate(lambda: find_identity(copy, demo=True))
    return copy


class World:
    """The gateway of a school, without a hub."""

    first: HostOutcome
    second: HostOutcome

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = Session.of(folder, print, communes=(COMMUNE,), name="test-school")
        layout = self.session.layout
        nodes = tuple(node for node in layout.nodes if node.name in (internet.NAME, GATEWAY, PUPIL))
        pupils = tuple(client for client in layout.clients if client.name == PUPIL)
        self.session.layout = Topology(nodes, pupils, (GATEWAY,))
        self.session.plans = {GATEWAY: self.session.plans[GATEWAY]}

    def act(self, action: Action, *only: str) -> HostOutcome:
        console = Console(file=io.StringIO())
        run = Run(self.session.plans, self.session.reach(), console, "demo", 1)
        (outcome,) = run.act(action, only)
        assert outcome.status == "done", outcome.message
        return outcome

    def verify(self) -> dict[str, set[str]]:
        """Return the outcomes of each control of the brick."""
        found: dict[str, set[str]] = {}
        for item in self.act("verify", "lessons").results:
            found.setdefault(item.id, set()).add(item.outcome)
        return found

    def run(self, script: str, timeout: float = 100) -> str:
        return self.session.lab.check(GATEWAY, ["sh", "-c", script], timeout=timeout)

    def edit(self, old: str, new: str) -> None:
        """Change the commune's file, and read it."""
        path = self.folder / "communes" / f"{COMMUNE}.yaml"
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))
        session = Session.of(self.folder, print, communes=(COMMUNE,), name="test-school")
        self.session.plans = {GATEWAY: session.plans[GATEWAY]}

    def dig(self, name: str, *options: str, server: str = "") -> tuple[str, list[str]]:
        """Return what a pupil is told of a name: the status of DNS, and the values."""
        asked = ["dig", "+tries=1", "+time=5", "+noall", "+comments", "+answer", *options, name]
        text = self.session.lab.exec(PUPIL, [*asked, f"@{server or self.gateway}"]).stdout
        status = re.search(r"status: (\w+)", text)
        lines = [line.split() for line in text.splitlines() if line and line[0] != ";"]
        return status[1] if status else "", [words[4].rstrip(".") for words in lines]

    @property
    def gateway(self) -> str:
        """Address of the gateway in the segment of pupils."""
        segments = self.session.plans[GATEWAY].network.segments
        return next(item for item in segments if item.segment == "school").gateway_ipv4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(inventory(tmp_path_factory.mktemp("school")))
    with found.session.lab as lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(GATEWAY, ["sh", "-c", tried])
        found.first = found.act("apply")
        found.second = found.act("apply")
        clients.connect(lab, found.session.layout.clients)
        yield found


def of_school() -> list[Break]:
    """Return the damage that a container can show."""
    return [item for item in all_breaks() if item.role == SCHOOL]


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [each.name for each in world.first.changed if each.name.startswith("lessons: ")]
    assert world.second.changed == ()


def test_what_was_deployed_conforms(world: World) -> None:
    found = world.verify()
    assert found.pop("LES-10") == {"unknown"}, "a container has no radio"
    assert found == {
        name: {"pass"}
        for name in (*(f"LES-0{number}" for number in range(1, 7)), "LES-11", "LES-20")
    }


def test_a_lesson_is_kept_and_written_down(world: World) -> None:
    said = world.run("mairie-lessons on --minutes 30 --by 'Hina T.' 2>&1")
    assert "allumé\tjusqu'à " in said
    assert "encore 30 min" in said
    assert "radio wlan0 : hostapd ne répond pas" in said
    world.run(f"systemctl restart {SERVICE}")
    assert world.run("mairie-lessons status 2>/dev/null").startswith("allumé\t")
    assert world.act("apply").changed == (), "a lesson is no change by hand"
    assert world.verify()["LES-11"] == {"pass"}
    assert world.run("mairie-lessons off") == "éteint\n"
    lines = [line.split("\t")[1:] for line in world.run("mairie-lessons log").splitlines()]
    assert [line[:3] for line in lines] == [
        ["marche", "commande", "Hina T."],
        ["arrêt", "commande", ""],
    ]
    assert "réseau des classes : marche, commande, Hina T." in world.run(
        f"journalctl -q -o cat -u {SERVICE}"
    )


def test_a_teacher_switches_on_the_page_and_a_pupil_does_not(world: World) -> None:
    vault = Vault(world.folder, load(world.folder))
    code = Logins(vault).on_air(GATEWAY, find_identity(world.folder, demo=True)).lesson_code
    lab, url = world.session.lab, f"http://{world.gateway}/"
    assert "Éteint." in lab.check(PUPIL, ["curl", "-s", "-m", "9", url])
    wrong = ["curl", "-s", "-m", "9", "-d", "code=AAAA-AAAA&minutes=30&do=on", url]
    assert "Ce code n&#x27;est pas le bon" in lab.check(PUPIL, wrong)
    assert world.run("mairie-lessons status") == "éteint\n"
    right = f"code={code.lower()}&minutes=30&do=on"
    lab.check(PUPIL, ["curl", "-s", "-m", "9", "-d", right, url])
    shown = lab.check(PUPIL, ["curl", "-s", "-m", "9", url])
    assert "Allumé jusqu'à" in shown and "Une radio ne répond pas" in shown
    assert world.run("mairie-lessons log").splitlines()[-1].split("\t")[1:3] == ["marche", "page"]
    six = next(
        each for each in world.session.plans[GATEWAY].network.segments if each.segment == "school"
    ).gateway_ipv6
    assert "Éteindre" in lab.check(PUPIL, ["curl", "-s", "-m", "9", f"http://[{six}]/"])
    kept = world.run(
        "cat /etc/mairie/lessons/* /var/lib/mairie-lessons/*; journalctl -q -o cat; "
        "cat /proc/[0-9]*/cmdline 2>/dev/null; true"
    )
    assert code not in kept and code.replace("-", "") not in kept
    world.run("mairie-lessons off")


def test_it_ends_by_itself_whatever_the_clock_says(world: World) -> None:
    world.run("mairie-lessons on --minutes 1 2>/dev/null")
    world.run("timeout 75 sh -c 'until mairie-lessons status | grep -q éteint; do sleep 2; done'")
    assert world.run("mairie-lessons log").splitlines()[-1].endswith("arrêt\thoraire\tfin prévue")


def test_a_lesson_without_end_is_refused(world: World) -> None:
    said = world.run("mairie-lessons on --minutes 999 2>&1; echo $?")
    assert said == "De 1 à 180 minutes : rien n'a changé.\n2\n"


def test_what_is_refused_does_not_exist(world: World) -> None:
    for name in ("adulte.example", "www.adulte.example", "dns.google", "duckduckgo.com"):
        assert world.dig(name) == ("NXDOMAIN", []), name
        assert world.dig(name, "+tcp") == ("NXDOMAIN", []), name
    for name in ("use-application-dns.net", "mask.icloud.com"):
        assert world.dig(name) == ("NXDOMAIN", []), name


def test_everything_else_is_told_as_to_everybody(world: World) -> None:
    assert world.dig("www.example.net") == ("NOERROR", [internet.HOST_IPV4])
    own = f"gw.ecole.rurutu.{world.session.plans[GATEWAY].domain}"
    dns = world.session.plans[GATEWAY].network.dns
    assert dns is not None
    (record,) = (each for each in dns.records if each.name == own)
    assert world.dig(own) == ("NOERROR", [record.ipv4])


def test_search_engines_filter_their_results(world: World) -> None:
    assert world.dig("www.google.fr") == (
        "NOERROR",
        ["forcesafesearch.google.com", "216.239.38.120"],
    )
    assert world.dig("www.youtube.com", "AAAA") == (
        "NOERROR",
        ["restrict.youtube.com", "2001:4860:4802:32::78"],
    )
    assert world.dig("www.bing.com") == ("NOERROR", ["strict.bing.com", "204.79.197.220"])
    # Nor by another kind of record, where addresses could stand as well (RFC 9460).
    for kind in ("HTTPS", "TXT"):
        status, values = world.dig("www.google.fr", kind)
        assert status == "NOERROR" and values in ([], ["forcesafesearch.google.com"]), kind


def test_a_pupil_cannot_ask_elsewhere(world: World) -> None:
    assert world.dig("adulte.example", server="9.9.9.9") == ("", [])
    assert world.dig("adulte.example", "+tcp", server="9.9.9.9") == ("", [])
    # Another address of this host is no way around.
    admin = next(
        item for item in world.session.plans[GATEWAY].network.segments if item.segment == "admin"
    )
    assert world.dig("dns.google", server=admin.gateway_ipv4) == ("NXDOMAIN", [])


def test_an_exception_of_the_commune(world: World) -> None:
    line = "overrides: {dns_filter: {lists: [doh], allowed: [duckduckgo.com]}}\nflows:\n"
    world.edit("flows:\n", line)
    world.act("apply", "network")
    settings = world.run("cat /etc/mairie/filter/dnsmasq.conf")
    assert "adulte.example" not in settings and "local=/duckduckgo.com/" not in settings
    assert world.dig("dns.google") == ("NXDOMAIN", [])
    world.edit(line, "flows:\n")
    world.act("apply", "network")
    assert world.act("apply").changed == ()


def test_the_filter_conforms(world: World) -> None:
    found: dict[str, set[str]] = {}
    for item in world.act("verify", "network").results:
        found.setdefault(item.id, set()).add(item.outcome)
    names = ("NET-01", "NET-10", "NET-12", "NET-39", "NET-40", "NET-47", "NET-48", "NET-70")
    assert {name: found[name] for name in names} == {name: {"pass"} for name in names}


def test_damage_is_seen_and_repaired(world: World) -> None:
    for batch in batches(of_school()):
        for item in batch:
            world.run(item.damage)
        found = world.verify()
        for item in reversed(batch):
            world.run(item.repair or "true")
        red = {name for name, outcomes in found.items() if "fail" in outcomes}
        expected = {name for item in batch for name in (item.control, *item.also)}
        assert {item.control for item in batch} <= red <= expected, words(batch)
        world.act("apply")
        assert not [name for name, outcomes in world.verify().items() if "fail" in outcomes]
