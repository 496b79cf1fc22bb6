"""Plans, secrets and devices of one inventory with radios."""

from __future__ import annotations

from pathlib import Path

from mairie.inventory import load
from mairie.lab.stations import Station, by_nothing, by_passphrase, by_password, of_agent
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.resolve import resolve
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault


class Town:
    """A commune whose gateway has a radio, and the devices that come to it."""

    def __init__(self, folder: Path, commune: str, gateway: str) -> None:
        """Read an inventory whose secrets are made."""
        territory = load(folder)
        self._commune = commune
        self._vault = Vault(folder, territory)
        self._logins = Logins(self._vault)
        self._identity = find_identity(folder, demo=True)
        self.plans = resolve(territory)
        wifi = self.plans[gateway].wifi
        assert wifi is not None
        self._server = wifi.server_name
        self.ssid = {network.name: network.ssid for network in wifi.radios[0].networks}
        self._passphrase = self._logins.on_air(gateway, self._identity).passphrases["school"]

    def with_secrets(self, host: str) -> tuple[HostPlan, HostSecrets]:
        """Return what a host is deployed with."""
        return self.plans[host], self._vault.host_secrets(host, self._identity)

    def agent(self, name: str, login: str, segment: str, *, roams: bool = False) -> Station:
        """Return the device of somebody who logs in with a password, and where it belongs."""
        handover = self._logins.handover(self._commune, login, self._identity)
        authority = self._logins.authority(self._commune, self._identity).certificate
        lines = by_password(handover.password)
        settings, files = of_agent(
            self.ssid["agents"], login, authority, self._server, lines, roams=roams
        )
        return Station(name, settings, segment, files)

    def pupil(
        self, name: str, segment: str = "school", *, sae: bool = True, roams: bool = False
    ) -> Station:
        """Return a device of the school; with an empty segment, it must not come in."""
        settings = by_passphrase(self.ssid["school"], self._passphrase, sae=sae, roams=roams)
        return Station(name, settings, segment)

    def visitor(
        self, name: str, segment: str = "public", *, owe: bool = False, near: str = ""
    ) -> Station:
        """Return a visitor's device; with an empty segment, it must not come in."""
        return Station(name, by_nothing(self.ssid["public"], owe=owe), segment, near=near)
