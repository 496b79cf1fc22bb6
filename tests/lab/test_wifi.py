"""Log-ins by name with a real supplicant (eapol_test), which also plays the access point."""

from __future__ import annotations

import inspect
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.wifi import DEBIAN_SERVICE, RADIUS, SERVICE
from mairie.host.events import Action
from mairie.host.looks import radius
from mairie.lab import internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.plan.parts.wifi import WifiPlan
from mairie.push import HostOutcome
from mairie.run import Run
from mairie.secrets.certificates import Issued, new_authority, new_client
from mairie.secrets.logins import Handover, Logins
from mairie.secrets.vault import Vault

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
BOX, POINT, COMMUNE = "rapa-mairie-box", "ap-hall", "rapa"
CLIENT = "rapa-mairie-admin"
"""Stands in the segment of the access points, and takes the address of one."""
HINA, MOANA, POE = "hina.teriitahi", "moana.tehei", "poe.mana"
VLAN = "20"
TODAY = datetime.now(UTC).date()
WAIT_S = 8
FOLDER = "/srv/eap"
UNSIGNED = """
import sys
sys.path.insert(0, "/srv/eap")
import radius
address, port, secret, signed = sys.argv[1:]
request = radius.access_request("hina.teriitahi", secret.encode(), signed=signed == "signed")
print(radius.answer(address, int(port), request))
"""


@dataclass(frozen=True)
class Device:
    """How somebody's device is set up; certificates are what their files hold."""

    identity: str
    eap: str
    inner: str = ""
    password: str = ""
    certificate: Issued | None = field(default=None, repr=False)
    server: str = ""
    """Name it expects of the server; empty: the right one."""


@dataclass(frozen=True)
class Answered:
    """What came of a log-in."""

    accepted: bool
    vlan: str
    said: str = field(repr=False)

    @property
    def silent(self) -> bool:
        """Whether the server said nothing at all."""
        return "bytes from RADIUS server" not in self.said


class World:
    """One gateway without a hub, and the access point that asks it."""

    first: HostOutcome
    second: HostOutcome

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = self.reload()

    def reload(self) -> Session:
        """Read the inventory again."""
        session = Session.of(self.folder, print, communes=(COMMUNE,), name="test-wifi")
        names = (internet.NAME, BOX, CLIENT)
        nodes = tuple(node for node in session.layout.nodes if node.name in names)
        session.layout = Topology(nodes, (), (BOX,))
        session.plans = {BOX: session.plans[BOX]}
        return session

    @property
    def wifi(self) -> WifiPlan:
        found = self.session.plans[BOX].wifi
        assert found is not None
        return found

    @property
    def logins(self) -> Logins:
        return Logins(Vault(self.folder, self.session.territory))

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        return self.session.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def act(self, action: Action) -> HostOutcome:
        console = Console(file=io.StringIO())
        run = Run(self.session.plans, self.session.reach(), console, "demo", 1)
        (outcome,) = run.act(action)
        assert outcome.status == "done", outcome.message
        return outcome

    def edit(self, old: str, new: str) -> None:
        """Change the commune's file, and read it."""
        path = self.folder / "communes" / f"{COMMUNE}.yaml"
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))
        self.session = self.reload()

    def generate(self) -> tuple[str, ...]:
        return self.logins.generate(lambda: self.session.identity)

    def handover(self, login: str) -> Handover:
        return self.logins.handover(COMMUNE, login, self.session.identity)

    @property
    def secret(self) -> str:
        return self.logins.access_point(BOX, POINT, self.session.identity)[2]

    def settle_as(self, address: str) -> None:
        """Give the client an address of the segment."""
        self.run(
            CLIENT,
            f"ip address flush dev eth0 scope global; ip address add {address}/24 dev eth0; "
            "ip link set eth0 up",
        )

    def log_in(self, device: Device, secret: str = "") -> Answered:
        """Ask the gateway as the access point does when a device comes."""
        authority = self.logins.authority(COMMUNE, self.session.identity)
        files = {f"{FOLDER}/ca.pem": authority.certificate}
        lines = [
            "key_mgmt=WPA-EAP",
            f"eap={device.eap}",
            f'identity="{device.identity}"',
            f'ca_cert="{FOLDER}/ca.pem"',
            f'domain_match="{device.server or self.wifi.server_name}"',
        ]
        if device.inner:
            lines += [f'phase2="{device.inner}"', 'anonymous_identity="anonymous"']
        if device.password:
            lines.append(f'password="{device.password}"')
        if device.certificate is not None:
            files[f"{FOLDER}/own.pem"] = device.certificate.certificate
            files[f"{FOLDER}/own.key"] = device.certificate.key
            lines += [f'client_cert="{FOLDER}/own.pem"', f'private_key="{FOLDER}/own.key"']
        files[f"{FOLDER}/network.conf"] = "network={\n" + "\n".join(lines) + "\n}\n"
        lab = self.session.lab
        lab.put(CLIENT, {path: text.encode() for path, text in files.items()})
        done = lab.exec(
            CLIENT,
            [
                *("eapol_test", "-c", f"{FOLDER}/network.conf", "-t", str(WAIT_S)),
                *("-a", self.wifi.address, "-p", str(self.wifi.port)),
                *("-s", secret or self.secret),
            ],
            timeout=60,
        )
        said = done.stdout + done.stderr
        accepted = done.exit_code == 0
        assert accepted == said.rstrip().endswith("SUCCESS"), said[-2000:]
        vlan = ""
        if accepted:
            kind, medium, group, seconds = (
                re.search(rf"Attribute {number} \(\S+\) length=\d+\n\s+Value: (\S+)", said)
                for number in (64, 65, 81, 27)
            )
            assert kind and medium and group and seconds, said[-2000:]
            assert (kind[1], medium[1], seconds[1]) == ("0000000d", "00000006", "3600")
            vlan = bytes.fromhex(group[1]).decode()
        return Answered(accepted, vlan, said)

    def asks(self, signed: bool) -> str:
        """Send one request from the access point; return the code of the answer, or None."""
        files = {"radius.py": inspect.getsource(radius), "ask.py": UNSIGNED}
        lab = self.session.lab
        lab.put(CLIENT, {f"{FOLDER}/{name}": text.encode() for name, text in files.items()})
        words = [self.wifi.address, str(self.wifi.port), self.secret]
        kind = "signed" if signed else "bare"
        return lab.check(CLIENT, ["python3", f"{FOLDER}/ask.py", *words, kind]).strip()


def names(outcome: HostOutcome) -> list[str]:
    """Return the operations that changed something."""
    return [change.name for change in outcome.changed]


def by_password(
    world: World, login: str, eap: str = "PEAP", inner: str = "auth=MSCHAPV2"
) -> Device:
    return Device(identity=login, eap=eap, inner=inner, password=world.handover(login).password)


def by_certificate(world: World, login: str) -> Device:
    return Device(identity=login, eap="TLS", certificate=world.handover(login).certificate)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("wifi") / "demo"
    shutil.copytree(DEMO, folder)
    found = World(folder)
    found.edit(
        f"  {HINA}:", f"  {POE}: {{name: Poe Mana, methods: [password, certificate]}}\n  {HINA}:"
    )
    found.generate()
    with found.session.lab as lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(BOX, ["sh", "-c", tried])
        found.settle_as(found.wifi.access_points[0].address)
        found.first = found.act("apply")
        found.second = found.act("apply")
        yield found


def test_a_second_deploy_changes_nothing(world: World) -> None:
    assert [name for name in names(world.first) if name.startswith("wifi: ")]
    assert world.second.changed == ()


def test_what_was_deployed_conforms(world: World) -> None:
    results = [item for item in world.act("verify").results if item.id.startswith("WIF-")]
    assert len(results) > 20
    assert [
        f"{item.id} {item.subject}: {item.message}" for item in results if item.outcome != "pass"
    ] == []


def test_debians_configuration_never_answered(world: World) -> None:
    assert "Started" not in world.run(BOX, f"journalctl -q -o cat -u {DEBIAN_SERVICE}")


@pytest.mark.parametrize(
    ("eap", "inner"),
    [
        ("PEAP", "auth=MSCHAPV2"),
        ("TTLS", "auth=PAP"),
        ("TTLS", "auth=MSCHAPV2"),
        ("TTLS", "autheap=MSCHAPV2"),
    ],
)
def test_a_password_opens_the_persons_segment(world: World, eap: str, inner: str) -> None:
    found = world.log_in(by_password(world, HINA, eap, inner))
    assert (found.accepted, found.vlan) == (True, VLAN), found.said[-2000:]


def test_a_certificate_opens_the_persons_segment(world: World) -> None:
    found = world.log_in(by_certificate(world, MOANA))
    assert (found.accepted, found.vlan) == (True, VLAN), found.said[-2000:]


def test_who_has_both_may_use_both(world: World) -> None:
    assert world.log_in(by_password(world, POE)).vlan == VLAN
    assert world.log_in(by_certificate(world, POE)).vlan == VLAN


def test_a_device_does_not_speak_to_a_server_of_another_name(world: World) -> None:
    right = by_password(world, HINA)
    other = Device(
        identity=right.identity,
        eap=right.eap,
        inner=right.inner,
        password=right.password,
        server="radius.rurutu.demo.example",
    )
    assert not world.log_in(other).accepted


def refused(world: World) -> dict[str, Device]:
    """Return devices that hold something, and not the right thing."""
    logins = world.logins
    authority = logins.authority(COMMUNE, world.session.identity)
    alien = new_authority("Wi-Fi rapa", "Essai", today=TODAY, days=100)
    signed = new_client(authority, HINA, today=TODAY, days=100)
    forged = new_client(alien, MOANA, today=TODAY, days=100)
    moanas = world.handover(MOANA).certificate
    right = world.handover(HINA).password
    peap, mschap = "PEAP", "auth=MSCHAPV2"
    return {
        "wrong password": Device(HINA, peap, mschap, "not-the-password"),
        "wrong password, TTLS": Device(HINA, "TTLS", "auth=PAP", "not-the-password"),
        "nobody": Device("nobody", peap, mschap, right),
        "no password": Device(MOANA, peap, mschap, right),
        "somebody else's certificate": Device(HINA, "TLS", certificate=moanas),
        "another authority's certificate": Device(MOANA, "TLS", certificate=forged),
        "a method that is not theirs": Device(HINA, "TLS", certificate=signed),
        "outside a tunnel": Device(HINA, "MD5", password=right),
    }


@pytest.mark.parametrize(
    "case",
    [
        "wrong password",
        "wrong password, TTLS",
        "nobody",
        "no password",
        "somebody else's certificate",
        "another authority's certificate",
        "a method that is not theirs",
        "outside a tunnel",
    ],
)
def test_who_is_refused(world: World, case: str) -> None:
    found = world.log_in(refused(world)[case])
    assert (found.accepted, found.silent) == (False, False)
    assert "Access-Reject" in found.said, found.said[-2000:]


def test_another_machine_of_the_segment_has_no_answer(world: World) -> None:
    own = world.wifi.access_points[0].address
    world.settle_as(own.rpartition(".")[0] + ".77")
    try:
        found = world.log_in(by_password(world, HINA))
        assert (found.accepted, found.silent) == (False, True)
    finally:
        world.settle_as(own)
    assert world.log_in(by_password(world, HINA)).accepted


def test_a_wrong_shared_secret_has_no_answer(world: World) -> None:
    found = world.log_in(by_password(world, HINA), secret="not-the-secret")
    assert (found.accepted, found.silent) == (False, True)


def test_a_request_that_is_not_signed_has_no_answer(world: World) -> None:
    challenge = "11"
    assert world.asks(signed=True) == challenge
    assert world.asks(signed=False) == "None"


def test_every_link_may_be_cut(world: World) -> None:
    world.run(BOX, "ip link set eth0 down")
    try:
        assert not world.run(BOX, "ip -4 route show default").strip()
        assert world.log_in(by_password(world, HINA)).vlan == VLAN
        assert world.log_in(by_certificate(world, MOANA)).vlan == VLAN
    finally:
        world.run(BOX, "ip link set eth0 up")


def test_log_ins_are_in_the_journal_and_no_password_is(world: World) -> None:
    world.log_in(by_password(world, HINA))
    world.log_in(Device(HINA, "TTLS", "auth=PAP", "typed-by-mistake"))
    said = world.run(
        BOX, "journalctl -q -o cat; cat $(find /var/log -type f -not -name '*.journal')"
    )
    assert f"Login OK: [{HINA}]" in said
    assert f"[{HINA}] (from client {POINT}" in said
    assert re.search(rf"Login incorrect .*\[{HINA}\]", said)
    secrets = Vault(world.folder, world.session.territory).host_secrets(BOX, world.session.identity)
    hidden = [
        value for name, value in secrets.others.items() if "password" in name or "secret" in name
    ]
    for value in (world.handover(HINA).password, "typed-by-mistake", *hidden):
        assert value not in said


def test_what_was_rotated_opens_nothing(world: World) -> None:
    old_password, old_certificate = by_password(world, POE), by_certificate(world, POE)
    world.logins.rotate_person(COMMUNE, POE, world.session.identity)
    changed = names(world.act("apply"))
    assert f"wifi: {RADIUS}/authority.pem" in changed
    found = world.log_in(old_certificate)
    assert not found.accepted
    assert "certificate revoked" in world.run(BOX, f"journalctl -q -o cat -u {SERVICE} | tail -5")
    assert not world.log_in(old_password).accepted
    assert world.log_in(by_certificate(world, POE)).accepted
    assert world.log_in(by_password(world, POE)).accepted
    assert world.log_in(by_certificate(world, MOANA)).accepted


def test_who_is_no_longer_in_the_file_is_refused_by_the_deploy_alone(world: World) -> None:
    password, certificate = by_password(world, POE), by_certificate(world, POE)
    moana = by_certificate(world, MOANA)
    world.edit(f"  {POE}: {{name: Poe Mana, methods: [password, certificate]}}\n", "")
    world.edit(f"  {MOANA}: {{name: Moana Tehei, methods: [certificate]}}\n", "")
    world.act("apply")
    for device in (password, certificate, moana):
        assert not world.log_in(device).accepted, device
    assert world.log_in(by_password(world, HINA)).accepted
    assert len(world.generate()) == 3
    world.act("apply")
    assert not world.log_in(certificate).accepted
    assert "certificate revoked" in world.run(BOX, f"journalctl -q -o cat -u {SERVICE} | tail -5")


def test_a_site_without_access_points_runs_no_server(world: World) -> None:
    path = world.folder / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("    access_points:")])
    world.session = world.reload()
    assert "files of bricks this host no longer has" in names(world.act("apply"))
    state = world.run(
        BOX, f"systemctl is-active {SERVICE} || true; ls {RADIUS}; pgrep freeradius || true"
    )
    assert state.split() == ["inactive"]
    assert world.act("apply").changed == ()
