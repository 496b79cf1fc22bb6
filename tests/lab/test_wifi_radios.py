"""A gateway with radios in a container: what hostapd makes of its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.files.wifi import HOSTAPD, HOSTAPD_CHECK
from mairie.host.events import Action
from mairie.lab import internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.model.commune import Host
from mairie.plan.resolve import resolve_host
from mairie.push import HostOutcome
from mairie.render import render
from mairie.run import Run
from mairie.secrets.vault import Vault
from tests.lab.radio_site import COMMUNE, GATEWAY, PEOPLE, inventory
from tests.lab.telling import quiet

OFF = "{agents: {on: false}}"
CONFIGURATION = f"{HOSTAPD}/wlan0.conf"
KINDS = {
    "2.4 GHz": ("98744", "band: 2.4, channel: 11"),
    "2.4 GHz, the quietest": ("98744", "band: 2.4"),
    "5 GHz, 20 MHz": ("98744", "band: 5, channel: 64, width: 20"),
    "5 GHz, 40 MHz": ("98744", "band: 5, channel: 40, width: 40"),
    "5 GHz, 80 MHz": ("98844", "band: 5, channel: 100"),
    "5 GHz, 160 MHz": ("05046", "band: 5, channel: 36, width: 160"),
    "5 GHz, the quietest": ("98744", "band: 5"),
    "6 GHz, 20 MHz": ("05046", "band: 6, channel: 5, width: 20"),
    "6 GHz, 160 MHz": ("05046", "band: 6, channel: 37, width: 160"),
    "6 GHz, the quietest": ("05046", "band: 6"),
}
DAMAGE = {
    "a key that there is not": ("wmm_enabled=1", "wmm=1"),
    "a name that is none": ('ssid2="Rurutu Mairie"', "ssid2=Rurutu"),
    "a list that is not there": (".vlan", ".vlans"),
    "a method that is none": ("wpa_key_mgmt=OWE", "wpa_key_mgmt=OEW"),
    "a channel that is none": ("hw_mode=g", "hw_mode=z"),
}


class World:
    """The gateway in a container, where hostapd is and no radio."""

    first: HostOutcome
    second: HostOutcome

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = Session.of(folder, print, communes=(COMMUNE,), name="test-radios")
        layout = self.session.layout
        nodes = tuple(node for node in layout.nodes if node.name in (internet.NAME, GATEWAY))
        self.session.layout = Topology(nodes, (), (GATEWAY,))
        self.session.plans = {GATEWAY: self.session.plans[GATEWAY]}

    def act(self, action: Action) -> HostOutcome:
        run = Run(self.session.plans, self.session.reach(), quiet(), "demo", 1)
        (outcome,) = run.act(action)
        assert outcome.status == "done", outcome.message
        return outcome

    def edit(self, old: str, new: str) -> None:
        """Change the commune's file, and read it."""
        path = self.folder / "communes" / f"{COMMUNE}.yaml"
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))
        session = Session.of(self.folder, print, communes=(COMMUNE,), name="test-radios")
        self.session.territory = session.territory
        self.session.plans = {GATEWAY: session.plans[GATEWAY]}

    def run(self, script: str) -> str:
        return self.session.lab.check(GATEWAY, ["sh", "-c", script])

    def refusal(self, text: str) -> str:
        """Return what the check says of a configuration of wlan0; empty when it accepts it."""
        path = "/srv/wlan0.conf"
        self.session.lab.put(GATEWAY, {path: text.encode()}, mode=0o600)
        done = self.session.lab.exec(GATEWAY, [HOSTAPD_CHECK, path])
        assert (done.exit_code == 0) == (not done.stderr), done.stderr
        return done.stderr

    def of_kind(self, insee: str, radio: str) -> str:
        """Return the configuration of the gateway's radio, of another kind, elsewhere."""
        territory = self.session.territory
        commune = territory.communes[COMMUNE]
        site = commune.sites["mairie"]
        radios = {"wlan0": yaml.safe_load(f"{{{radio}}}")}
        host = Host.model_validate({**site.hosts["gw"].model_dump(by_alias=True), "radios": radios})
        site = site.model_copy(update={"hosts": {**site.hosts, "gw": host}})
        sites = {**commune.sites, "mairie": site}
        other = commune.model_copy(update={"insee": insee, "sites": sites})
        elsewhere = replace(territory, communes={COMMUNE: other})
        vault = Vault(self.folder, self.session.territory)
        files = render(
            resolve_host(elsewhere, GATEWAY),
            vault.host_secrets(GATEWAY, self.session.identity),
            "wifi",
        )
        return next(file.text for file in files if file.path == CONFIGURATION)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(inventory(tmp_path_factory.mktemp("radios")))
    with found.session.lab as lab:
        lab.up(found.session.layout.nodes)
        internet.start(lab, found.session.plans)
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.check(GATEWAY, ["sh", "-c", tried])
        found.first = found.act("apply")
        found.second = found.act("apply")
        yield found


@pytest.mark.lab
@pytest.mark.timeout(900)
class TestContainer:
    def test_a_second_deploy_changes_nothing(self, world: World) -> None:
        assert [change for change in world.first.changed if change.name.startswith("wifi: ")]
        assert world.second.changed == ()

    def test_a_radio_that_is_not_there_is_no_failure(self, world: World) -> None:
        units = "mairie-hostapd@wlan0.service mairie-hostapd@wlan1.service"
        assert world.run(f"systemctl is-enabled {units}").split() == ["enabled"] * 2
        world.run(f"systemctl start {units}")
        assert world.run(f"systemctl show --property=ActiveState --value {units}").split() == [
            "inactive",
            "inactive",
        ]
        for service in ("hostapd.service", "hostapd@wlan0.service"):
            assert "masked" in world.run(f"systemctl is-enabled {service} || true")

    def test_what_needs_a_radio_is_unknown_and_the_rest_conforms(self, world: World) -> None:
        results = [item for item in world.act("verify").results if item.id.startswith("WIF-")]
        unknown = {item.id for item in results if item.outcome == "unknown"}
        assert unknown == {
            *("WIF-50", "WIF-52"),
            *(f"WIF-6{number}" for number in range(8)),
        }
        assert [item for item in results if item.outcome == "fail"] == []
        passed = {item.id for item in results if item.outcome == "pass"}
        assert {"WIF-01", "WIF-02", "WIF-05", "WIF-10", "WIF-21", "WIF-51", "WIF-70"} <= passed

    @pytest.mark.parametrize("kind", KINDS)
    def test_hostapd_understands_every_kind(self, world: World, kind: str) -> None:
        assert world.refusal(world.of_kind(*KINDS[kind])) == ""

    @pytest.mark.parametrize("damage", DAMAGE)
    def test_hostapd_refuses_what_is_damaged(self, world: World, damage: str) -> None:
        text = world.of_kind(*KINDS["2.4 GHz"])
        old, new = DAMAGE[damage]
        assert old in text
        said = world.refusal(text.replace(old, new))
        assert "found in configuration file" in said, said

    def test_a_damaged_file_never_takes_the_place_of_a_good_one(self, world: World) -> None:
        good = world.run(f"cat {CONFIGURATION}")
        world.run(
            f"printf '#!/bin/sh\nexit 1\n' >/usr/sbin/hostapd.no && "
            "mv /usr/sbin/hostapd /usr/sbin/hostapd.yes && "
            "cp /usr/sbin/hostapd.no /usr/sbin/hostapd && chmod 755 /usr/sbin/hostapd && "
            f"echo '# by hand' >>{CONFIGURATION}"
        )
        try:
            run = Run(world.session.plans, world.session.reach(), quiet(), "demo", 1)
            (outcome,) = run.act("apply")
            assert outcome.status == "failed"
            assert world.run(f"cat {CONFIGURATION}") == f"{good}# by hand\n"
        finally:
            world.run("mv /usr/sbin/hostapd.yes /usr/sbin/hostapd")
        world.act("apply")
        assert world.run(f"cat {CONFIGURATION}") == good

    def test_what_the_plan_no_longer_has_is_stopped(self, world: World) -> None:
        units = "mairie-hostapd@wlan0.service mairie-hostapd@wlan1.service mairie-radius.service"

        def enabled() -> list[str]:
            return world.run(f"systemctl is-enabled {units} 2>/dev/null || true").split()

        assert enabled() == ["enabled"] * 3
        world.edit(", wlan1: {band: 5, channel: 36, width: 80, power: 15}", "")
        world.edit(PEOPLE, "")
        meter = "    equipment:\n      meter:"
        world.edit(meter, f"    networks: {OFF}\n{meter}")
        world.act("apply")
        assert enabled()[0] == "enabled"
        assert "enabled" not in enabled()[1:]
        assert world.run("ls /etc/hostapd/mairie").split() == [
            *("things.accept", "things.keys", "wlan0-2.bss", "wlan0.conf", "wlan0.power"),
        ]
        assert world.act("apply").changed == ()
        world.edit(f"    networks: {OFF}\n", "")
        world.edit(", wifi: true}", "}")
        world.edit(", radios: {wlan0: {band: 2.4, channel: 6}}", "")
        world.act("apply")
        assert "enabled" not in enabled()
        assert world.run(f"find {HOSTAPD} /etc/systemd/system -name '*hostapd@wlan*'") == ""
        assert world.act("apply").changed == ()
