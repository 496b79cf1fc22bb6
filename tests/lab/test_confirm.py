"""A deploy that cuts its host off undoes itself: refused by the hub, killed, or without power."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mairie.bundle import make_bundle
from mairie.host.events import Order
from mairie.lab.session import Session
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import StaticUplink
from mairie.push import HostOutcome, Target, push
from mairie.runtime import Runtimes

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
BOX = "rapa-mairie-box"
STRANGER = "+FxI8i5d9dkmMHXsjRcmJwUsnKVn4ABqIEBBiKEDkVs="
CONFIGURATION = "/etc/wireguard/wg0.conf"
ARMED = "/var/lib/mairie/confirm/armed"


class Ground:
    """The demo's hub and Rapa, deployed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lab = session.lab
        self._reach = session.reach()
        self._runtimes = Runtimes()

    def apply(self, host: str, plan: HostPlan | None = None, *only: str) -> HostOutcome:
        return push(
            Target(host, self._reach.transport(host)),
            make_bundle(plan or self.session.plans[host], self._reach.secrets(host)),
            Order(action="apply", only=only),
            runtime=self._runtimes,
            known_runtimes=self._runtimes.known(),
        )

    def without_its_hub(self) -> HostPlan:
        """Return Rapa's plan with a hub key that is nobody's."""
        plan = self.session.plans[BOX]
        assert plan.vpn is not None
        peers = tuple(replace(peer, public_key=STRANGER) for peer in plan.vpn.peers)
        return replace(plan, vpn=replace(plan.vpn, peers=peers))

    def says(self, *argv: str) -> str:
        return self.lab.exec(BOX, argv).stdout.strip()

    def has(self, path: str) -> bool:
        return self.lab.exec(BOX, ["test", "-e", path]).exit_code == 0

    def links(self) -> str:
        return self.says(
            "sh", "-c", "networkctl --no-legend list | awk '{print $2, $4, $5}' | sort"
        )

    def reaches_its_hub(self, seconds: int = 60) -> bool:
        plan = self.session.plans[BOX]
        assert plan.vpn is not None
        ping = ["ping", "-q", "-c1", f"-w{seconds}", plan.vpn.hub_ipv4]
        return self.lab.exec(BOX, ping, timeout=seconds + 5).exit_code == 0

    def while_unconfirmed(self) -> threading.Thread:
        """Send the plan that cuts Rapa off; return once it has taken effect."""
        thread = threading.Thread(target=self.apply, args=(BOX, self.without_its_hub(), "vpn"))
        thread.start()
        end = time.monotonic() + 120
        while self.says("wg", "show", "wg0", "peers") != STRANGER:
            assert time.monotonic() < end, "the change never came"
            time.sleep(0.5)
        assert self.has(ARMED)
        return thread


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    session = Session.of(DEMO, print, None, ("rapa",), "test-confirm")
    with session.lab:
        session.up()
        ground = Ground(session)
        for host in ("hub", BOX):
            outcome = ground.apply(host)
            assert outcome.status == "done", outcome.message
        assert ground.reaches_its_hub()
        yield ground


@pytest.fixture
def before(ground: Ground) -> Iterator[tuple[str, str]]:
    """Give what must be there again, and look that it is."""
    kept = ground.says("sha256sum", CONFIGURATION), ground.links()
    yield kept
    assert ground.reaches_its_hub()
    assert ground.says("sha256sum", CONFIGURATION) == kept[0]
    assert ground.links() == kept[1]
    assert not ground.has(ARMED)
    assert not ground.has("/etc/systemd/system/mairie-confirm.service")
    again = ground.apply(BOX)
    assert again.status == "done", again.message
    assert ground.reaches_its_hub()


def test_nothing_is_left_of_a_deploy_that_stands(ground: Ground) -> None:
    assert not ground.has("/var/lib/mairie/confirm")
    assert not ground.has("/etc/systemd/system/mairie-confirm.service")
    watcher = ground.lab.exec(BOX, ["systemctl", "is-active", "mairie-confirm-watch"])
    assert watcher.stdout.strip() == "inactive"


@pytest.mark.usefixtures("before")
def test_a_hub_that_no_longer_answers(ground: Ground) -> None:
    outcome = ground.apply(BOX, ground.without_its_hub(), "vpn")
    assert outcome.status == "failed"
    assert "the hub (10.0.31.1) did not answer through the tunnel within 60 s" in outcome.message


@pytest.mark.usefixtures("before")
def test_an_uplink_with_the_address_of_elsewhere(ground: Ground) -> None:
    plan = ground.session.plans[BOX]
    elsewhere = StaticUplink(interface_address="192.0.2.9/24", gateway="192.0.2.1", dns=())
    uplinks = tuple(replace(uplink, static=elsewhere) for uplink in plan.network.uplinks)
    outcome = ground.apply(BOX, replace(plan, network=replace(plan.network, uplinks=uplinks)))
    assert outcome.status == "failed"
    assert "did not answer through the tunnel" in outcome.message
    assert "192.0.2.9" not in ground.says("ip", "address", "show")


@pytest.mark.usefixtures("before")
def test_a_deploy_killed_before_it_was_confirmed(ground: Ground) -> None:
    thread = ground.while_unconfirmed()
    ground.lab.check(BOX, ["sh", "-c", "kill -9 $(pgrep -f '[m]airie.host.apply')"])
    thread.join(60)
    end = time.monotonic() + 60
    while ground.has(ARMED) and time.monotonic() < end:
        time.sleep(0.5)


@pytest.mark.usefixtures("before")
def test_a_power_cut_before_it_was_confirmed(ground: Ground) -> None:
    thread = ground.while_unconfirmed()
    assert ground.lab.restart(BOX) == []
    thread.join(60)
