"""Log-ins of people and access points: made, rotated, handed out and taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import cast

from mairie.model.commune import Person
from mairie.plan.context import Shared, SiteHost, commune_hosts
from mairie.plan.parts.wifi import Network, WifiPlan
from mairie.plan.resolve import resolve_host
from mairie.secrets import files, owners
from mairie.secrets.certificates import Issued
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity
from mairie.secrets.vault import Vault
from mairie.secrets.wifi import WifiEntry
from mairie.secrets.wifi_record import Wanted, WifiRecord, wanted


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What somebody needs to log in."""

    login: str
    person: Person
    server_name: str
    authority: Issued
    password: str = field(repr=False)
    """Empty without that method."""
    certificate: Issued | None


@dataclass(frozen=True, slots=True)
class OnAir:
    """The networks of a gateway's radios, with what opens them."""

    networks: tuple[Network, ...]
    passphrases: dict[str, str] = field(repr=False)
    """By name of a network that has one."""
    keys: dict[str, str] = field(repr=False)
    """By device."""
    lesson_code: str = field(default="", repr=False)
    """Of the teachers; empty without networks for lessons."""


@dataclass(frozen=True, slots=True)
class Logins:
    """Secrets of the Wi-Fi in the vault of one territory; methods may raise SecretsError."""

    vault: Vault
    today: date = field(default_factory=_today)

    def generate(
        self, identity: Callable[[], Identity], only: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """Make what is missing, renew what ends soon, revoke what has left.

        Args:
            identity: called only when a file must be opened.
            only: names of communes and hubs; None for all.

        Returns:
            What was done, a line each.

        """
        records = files.load_wifi(self.vault.folder)
        done: list[str] = []
        for commune in self.vault.territory.communes:
            want = wanted(self.vault.territory, commune)
            record = records.get(commune, WifiRecord())
            if (only is None or commune in only) and not record.is_settled(want, self.today):
                old = self.vault.open(commune, identity()).wifi
                new = self._replace(commune, old.completed(want, self.today), identity())
                done += _changes(commune, old, new)
        return tuple(done)

    def rotate_person(self, commune: str, login: str, identity: Identity) -> None:
        """Give somebody a new password and a new certificate; what they had opens nothing."""
        want = self._person(commune, login)
        entry = self.vault.open(commune, identity).wifi
        passwords = {name: text for name, text in entry.passwords.items() if name != login}
        without = replace(entry, passwords=passwords).without_certificate(login, self.today)
        self._sign(commune, without, want, identity)

    def rotate_access_point(self, gateway: str, point: str, identity: Identity) -> bool:
        """Give an access point and its gateway another secret.

        A host of mairie has held more than that: the key of the radios that share devices goes too.

        Returns:
            Whether it is a host of mairie: deploying it is all that is left to do.

        """
        commune, want = self._gateway(gateway)
        known = [name for at, name in want.access_points if at == gateway]
        if point not in known:
            raise self._no_access_point(gateway, point, known)
        entry = self.vault.open(commune, identity).wifi
        kept = {name: text for name, text in _points(entry, gateway) if name != point}
        points = {**entry.access_points, gateway: kept}
        roaming = entry.roaming
        is_host = point in self._place(commune, gateway).site.hosts
        if is_host:
            roaming = {name: key for name, key in roaming.items() if name != gateway}
        changed = replace(entry, access_points=points, roaming=roaming)
        self._sign(commune, changed, want, identity)
        return is_host

    def rotate_network(self, commune: str, network: str, identity: Identity) -> None:
        """Give a network another passphrase, for everybody."""
        want = self._with_radios(commune)
        if network not in want.networks:
            what = f"network of {commune} with a passphrase named"
            raise owners.unknown(what, network, want.networks, self.vault.territory)
        entry = self.vault.open(commune, identity).wifi
        kept = {name: text for name, text in entry.networks.items() if name != network}
        self._sign(commune, replace(entry, networks=kept), want, identity)

    def rotate_device(self, gateway: str, device: str, identity: Identity) -> None:
        """Give a device another key."""
        commune = owners.owner_of(self.vault.territory, gateway)
        want = self._with_radios(commune)
        known = [name for at, name in want.devices if at == gateway]
        if device not in known:
            what = f"device at {gateway} with a key of its own named"
            raise owners.unknown(what, device, known, self.vault.territory)
        entry = self.vault.open(commune, identity).wifi
        kept = {name: key for name, key in entry.devices[gateway].items() if name != device}
        devices = {**entry.devices, gateway: kept}
        self._sign(commune, replace(entry, devices=devices), want, identity)

    def rotate_lessons(self, gateway: str, identity: Identity) -> None:
        """Give the teachers of a gateway another code."""
        commune = owners.owner_of(self.vault.territory, gateway)
        want = self._with_radios(commune)
        if gateway not in want.lessons:
            what = "gateway with networks for lessons named"
            raise owners.unknown(what, gateway, want.lessons, self.vault.territory)
        entry = self.vault.open(commune, identity).wifi
        kept = {name: code for name, code in entry.lessons.items() if name != gateway}
        self._sign(commune, replace(entry, lessons=kept), want, identity)

    def on_air(self, host: str, identity: Identity) -> OnAir:
        """Return the networks of a host's radios, with their passphrases and keys."""
        commune = owners.owner_of(self.vault.territory, host)
        self._with_radios(commune)
        plan = resolve_host(self.vault.territory, host).wifi
        if plan is None or not plan.radios:
            raise SecretsError(f"{host} has no radios, so no network is on the air there")
        entry = self.vault.open(commune, identity).wifi
        missing = next(entry.record.missing(wanted(self.vault.territory, commune)), None)
        if missing is not None:
            raise self._not_made(commune, missing)
        by_name = {each.name: each for radio in plan.radios for each in radio.networks}
        return OnAir(
            tuple(by_name.values()),
            entry.networks,
            entry.devices.get(self._place(commune, host).gateway.name, {}),
            entry.lessons.get(host, ""),
        )

    def rotate_server(self, gateway: str, identity: Identity) -> None:
        """Give a gateway another certificate, and revoke the one it had."""
        commune, want = self._gateway(gateway)
        entry = self.vault.open(commune, identity).wifi
        self._sign(commune, entry.without_certificate(gateway, self.today), want, identity)

    def rotate_authority(self, commune: str, identity: Identity) -> None:
        """Begin anew with another authority: every device has to learn it."""
        want = self._commune(commune)
        entry = self.vault.open(commune, identity).wifi
        kept = WifiEntry(
            access_points=entry.access_points,
            passwords=entry.passwords,
            networks=entry.networks,
            devices=entry.devices,
            roaming=entry.roaming,
            lessons=entry.lessons,
        )
        self._sign(commune, kept, want, identity)

    def handover(self, commune: str, login: str, identity: Identity) -> Handover:
        """Return what somebody needs to log in."""
        want = self._person(commune, login)
        entry = self.vault.open(commune, identity).wifi
        missing = next(entry.record.missing(want), None)
        if missing is not None or entry.authority is None:
            raise self._not_made(commune, str(missing))
        return Handover(
            login=login,
            person=self.vault.territory.communes[commune].people[login],
            server_name=want.server_name,
            authority=entry.authority,
            password=entry.passwords[login] if want.has(login, "password") else "",
            certificate=entry.certificates[login] if want.has(login, "certificate") else None,
        )

    def access_point(self, gateway: str, point: str, identity: Identity) -> tuple[str, int, str]:
        """Return address and port of the server that an access point asks, and their secret."""
        commune, _ = self._gateway(gateway)
        plan = cast(WifiPlan, resolve_host(self.vault.territory, gateway).wifi)
        entry = self.vault.open(commune, identity).wifi
        secrets = entry.access_points.get(gateway, {})
        known = [each.name for each in plan.access_points]
        if point not in known:
            raise self._no_access_point(gateway, point, known)
        if point not in secrets:
            raise self._not_made(commune, f"no secret of access point {point} at {gateway}")
        return plan.address, plan.port, secrets[point]

    def authority(self, commune: str, identity: Identity) -> Issued:
        """Return the authority of a commune, whose certificate devices check."""
        self._commune(commune)
        found = self.vault.open(commune, identity).wifi.authority
        if found is None:
            raise self._not_made(commune, "no certificate authority")
        return found

    def _not_made(self, commune: str, what: str) -> SecretsError:
        return SecretsError(
            f"{files.age_file(self.vault.folder, commune)} holds {what}; make it with "
            '"mairie secrets generate"'
        )

    def _no_access_point(self, gateway: str, point: str, known: Iterable[str]) -> SecretsError:
        what = f"access point at {gateway} named"
        return owners.unknown(what, point, known, self.vault.territory)

    def _place(self, commune: str, host: str) -> SiteHost:
        places = commune_hosts(Shared.of(self.vault.territory), commune)
        return next(place for place in places if place.name == host)

    def _sign(self, commune: str, entry: WifiEntry, want: Wanted, identity: Identity) -> None:
        self._replace(commune, entry.completed(want, self.today), identity)

    def _replace(self, commune: str, entry: WifiEntry, identity: Identity) -> WifiEntry:
        # The record after the secrets: it must never promise what is not there.
        self.vault.write(commune, self.vault.open(commune, identity).with_wifi(entry))
        records = files.load_wifi(self.vault.folder)
        files.save_wifi(self.vault.folder, {**records, commune: entry.record})
        return entry

    def _wanted(self, commune: str) -> Wanted:
        communes = self.vault.territory.communes
        if commune not in communes:
            raise owners.unknown("commune", commune, communes, self.vault.territory)
        return wanted(self.vault.territory, commune)

    def _commune(self, commune: str) -> Wanted:
        want = self._wanted(commune)
        if not want.access_points:
            raise SecretsError(
                f"no site of {commune} has access points, or radios with a network of people, so "
                "it has no log-ins"
            )
        return want

    def _with_radios(self, commune: str) -> Wanted:
        want = self._wanted(commune)
        sites = self.vault.territory.communes[commune].sites.values()
        if not any(host.radios for site in sites for host in site.hosts.values()):
            raise SecretsError(f"no gateway of {commune} has radios, so it has no networks")
        return want

    def _person(self, commune: str, login: str) -> Wanted:
        want = self._commune(commune)
        if login not in want.people:
            raise owners.unknown(
                f"person of {commune} with login", login, want.people, self.vault.territory
            )
        return want

    def _gateway(self, gateway: str) -> tuple[str, Wanted]:
        everyone = {
            name: (commune, want)
            for commune in self.vault.territory.communes
            for want in (wanted(self.vault.territory, commune),)
            for name in want.gateways
        }
        if gateway not in everyone:
            raise owners.unknown(
                "gateway with access points", gateway, everyone, self.vault.territory
            )
        return everyone[gateway]


def _points(entry: WifiEntry, gateway: str) -> Iterator[tuple[str, str]]:
    yield from entry.access_points.get(gateway, {}).items()


def _changes(commune: str, old: WifiEntry, new: WifiEntry) -> Iterator[str]:
    for gateway in new.access_points:
        for point, _ in _points(new, gateway):
            if point not in old.access_points.get(gateway, {}):
                yield f"made    {gateway}: secret of access point {point}"
    for login in new.passwords:
        if login not in old.passwords:
            yield f"made    {commune}: password of {login}"
    before, after = {**old.servers, **old.certificates}, {**new.servers, **new.certificates}
    for holder, issued in after.items():
        if holder not in before:
            yield f"made    {commune}: certificate of {holder}, until {issued.until}"
        elif issued.serial != before[holder].serial:
            yield f"renewed {commune}: certificate of {holder}, until {issued.until}"
    for holder in before:
        if holder not in after:
            yield f"revoked {commune}: certificate of {holder}"
    for login in old.passwords:
        if login not in new.passwords:
            yield f"forgot  {commune}: password of {login}"
    yield from _keys("made   ", commune, new, old)
    yield from _keys("forgot ", commune, old, new)


def _keys(verb: str, commune: str, these: WifiEntry, others: WifiEntry) -> Iterator[str]:
    """Yield the keys of radios that one has and the other lacks."""
    for network in these.networks:
        if network not in others.networks:
            yield f"{verb} {commune}: passphrase of network {network}"
    for gateway, keys in these.devices.items():
        for device in keys:
            if device not in others.devices.get(gateway, {}):
                yield f"{verb} {gateway}: key of device {device}"
    for gateway in these.roaming:
        if gateway not in others.roaming:
            yield f"{verb} {gateway}: key of the radios that share devices"
    for gateway in these.lessons:
        if gateway not in others.lessons:
            yield f"{verb} {gateway}: code of the teachers"
