"""A town hall whose gateway has two radios, who comes there, and who must not."""

from __future__ import annotations

from pathlib import Path

from mairie.inventory import load
from mairie.lab.stations import (
    Station,
    by_certificate,
    by_nothing,
    by_passphrase,
    by_password,
    of_agent,
)
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.wifi import Network
from mairie.plan.resolve import resolve
from mairie.secrets.certificates import Issued
from mairie.secrets.identity import Identity, find_identity
from mairie.secrets.logins import Handover, Logins
from mairie.secrets.vault import Vault
from tests.lab.rapa import BOX, COMMUNE, HEAD, HINA, PEOPLE, POE, write

MOANA, TAMA = "moana.tehei", "tama.faatau"
LEAVES = f"  {TAMA}: {{name: Tama Faatau}}\n"
METER, LAMP = "02:00:00:00:05:01", "02:00:00:00:05:02"
FIRST, SECOND = "wlan0", "wlan1"
SCHOOL_OFF = "    networks: {school: {on: false}}\n"
FILE = f"""\
{HEAD}    hosts:
      box:
        roles: [gateway]
        wan: eth0
        ports: {{admin: eth1, agents: eth2, public: eth3, school: eth4, things: eth5}}
        radios: {{wlan0: {{band: 2.4, channel: 6}}, wlan1: {{band: 5, channel: 36, width: 20}}}}
    equipment:
      meter: {{segment: things, mac: "{METER}", wifi: true}}
      lamp: {{segment: things, mac: "{LAMP}", wifi: true}}
{PEOPLE}  {MOANA}: {{name: Moana Tehei, methods: [certificate]}}
{LEAVES}"""


class AirSite:
    """The inventory of one gateway with radios, and what its people hold."""

    def __init__(self, folder: Path) -> None:
        """Write it into a folder, where a copy of the demo comes; make its secrets."""
        self.folder = folder
        self._file = write(folder, FILE)
        self._read()
        self._logins.generate(lambda: self._identity)
        handover = self._handover(MOANA)
        assert handover.certificate is not None
        self._lost: Issued = handover.certificate
        self._logins.rotate_person(COMMUNE, MOANA, self._identity)
        self.stations = {station.name: station for station in self._stations()}

    def _read(self) -> None:
        self._territory = load(self.folder)
        self.plan: HostPlan = resolve(self._territory)[BOX]

    @property
    def _logins(self) -> Logins:
        return Logins(Vault(self.folder, self._territory))

    @property
    def _identity(self) -> Identity:
        return find_identity(self.folder, demo=True)

    @property
    def secrets(self) -> HostSecrets:
        """Of the gateway."""
        return Vault(self.folder, self._territory).host_secrets(BOX, self._identity)

    def leave(self) -> None:
        """Take somebody out of the file; secrets stay as they are."""
        self._edit(LEAVES, "")

    def close_school(self) -> None:
        """Switch a network off."""
        self._edit("people:\n", f"{SCHOOL_OFF}people:\n")

    def _edit(self, old: str, new: str) -> None:
        text = self._file.read_text()
        assert text.count(old) == 1, old
        self._file.write_text(text.replace(old, new))
        self._read()

    def _handover(self, login: str) -> Handover:
        return self._logins.handover(COMMUNE, login, self._identity)

    def network(self, name: str) -> Network:
        """Return a network, as the first radio has it."""
        assert self.plan.wifi is not None
        (found,) = (each for each in self.plan.wifi.radios[0].networks if each.name == name)
        return found

    def _agent(
        self,
        name: str,
        login: str,
        segment: str,
        *,
        password: str | None = None,
        certificate: Issued | None = None,
        near: str = "",
    ) -> Station:
        assert self.plan.wifi is not None
        own: dict[str, str] = {}
        if certificate is not None:
            lines, own = by_certificate(certificate)
        else:
            lines = by_password(password or self._handover(login).password)
        authority = self._logins.authority(COMMUNE, self._identity).certificate
        ssid, server = self.network("agents").ssid, self.plan.wifi.server_name
        settings, files = of_agent(ssid, login, authority, server, lines)
        return Station(name, settings, segment, {**files, **own}, near=near)

    def _stations(self) -> list[Station]:
        """Return everybody; those with an empty segment must not come in."""
        opens = self._logins.on_air(BOX, self._identity)
        key = opens.keys["meter"]
        school, things = self.network("school").ssid, self.network("things").ssid
        public = self.network("public").ssid
        passphrase = opens.passphrases["school"]
        return [
            self._agent("certificate", MOANA, "agents", certificate=self._good(MOANA), near=SECOND),
            self._agent("password", HINA, "agents", near=FIRST),
            self._agent("leaves", TAMA, "agents"),
            self._agent("put-in-school", POE, "school"),
            self._agent("revoked", MOANA, "", certificate=self._lost),
            self._agent("mistyped", HINA, "", password="not-the-password"),
            Station("pupil", by_passphrase(school, passphrase, sae=True), "school"),
            Station("old-pupil", by_passphrase(school, passphrase, sae=False), "school"),
            Station("guesser", by_passphrase(school, "not-the-passphrase", sae=True), ""),
            Station("meter", by_passphrase(things, key, sae=False), "things", {}, METER),
            Station("thief", by_passphrase(things, key, sae=False), "", {}, LAMP),
            Station("unknown", by_passphrase(things, key, sae=False), ""),
            Station("visitor", by_nothing(public, owe=False), "public", near=FIRST),
            Station("far-visitor", by_nothing(public, owe=False), "public", near=SECOND),
            Station("near-visitor", by_nothing(public, owe=False), "public", near=FIRST),
            Station("owe-visitor", by_nothing(public, owe=True), "public", near=FIRST),
        ]

    def _good(self, login: str) -> Issued:
        certificate = self._handover(login).certificate
        assert certificate is not None
        return certificate
