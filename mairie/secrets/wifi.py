"""Secrets of a commune's Wi-Fi, as its encrypted file holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from mairie.plan.parts.wifi import Network
from mairie.plan.stable import salt_of
from mairie.secrets.certificates import (
    Issued,
    new_authority,
    new_client,
    new_server,
    revocation_list,
)
from mairie.secrets.keys import new_credential, new_hexadecimal_key
from mairie.secrets.passwords import code_hash, new_code, new_password, nt_hash
from mairie.secrets.wifi_record import AUTHORITY_DAYS, OWN_RADIOS, RENEW_DAYS, Wanted, WifiRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A certificate that was handed out, known for as long as it could be shown."""

    holder: str
    """A gateway, or a login."""
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiEntry:
    """What the encrypted file of a commune holds for its Wi-Fi."""

    authority: Issued | None = None
    access_points: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """Gateway → access point, or its own radios → what both know."""
    servers: dict[str, Issued] = field(default_factory=dict)
    """By gateway."""
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    certificates: dict[str, Issued] = field(default_factory=dict)
    """By login."""
    handed_out: dict[str, Leaf] = field(default_factory=dict)
    """By serial number, those replaced by a later one included."""
    revoked: dict[str, date] = field(default_factory=dict)
    """Serial number → day."""
    revocations: str = ""
    """The signed list of them; empty while it has to be signed anew."""
    networks: dict[str, str] = field(default_factory=dict, repr=False)
    """Network → passphrase, the same at every site of the commune."""
    devices: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """Gateway → device → key."""
    roaming: dict[str, str] = field(default_factory=dict, repr=False)
    """Gateway → key with which the radios of its site hand devices over to each other."""
    lessons: dict[str, str] = field(default_factory=dict, repr=False)
    """Gateway → the teachers' code."""

    def completed(self, want: Wanted, today: date) -> WifiEntry:
        """Return a copy with everything that is wanted, and nothing else that opens a door."""
        found = self
        if want.access_points and found.authority is None:
            name = f"Wi-Fi {want.commune}"
            found = replace(
                found,
                authority=new_authority(name, want.organisation, today=today, days=AUTHORITY_DAYS),
            )
        gone = {
            *(name for name in found.servers if name not in want.gateways),
            *(name for name in found.certificates if not want.has(name, "certificate")),
        }
        found = found._with_secrets(want)
        for holder in sorted(gone):
            found = found.without_certificate(holder, today)
        found = found._with_certificates(want, today)
        if found.authority is not None and not found.revocations:
            signed = revocation_list(found.authority, found.revoked, today=today)
            found = replace(found, revocations=signed)
        return found

    def without_certificate(self, holder: str, today: date) -> WifiEntry:
        """Return a copy in which every certificate of a gateway or of a person is revoked."""
        theirs = [serial for serial, leaf in self.handed_out.items() if leaf.holder == holder]
        return replace(
            self,
            servers=_without(self.servers, holder),
            certificates=_without(self.certificates, holder),
            handed_out={
                serial: leaf for serial, leaf in self.handed_out.items() if serial not in theirs
            },
            revoked={**self.revoked, **dict.fromkeys(theirs, today)},
            revocations="" if theirs else self.revocations,
        )

    def _with_secrets(self, want: Wanted) -> WifiEntry:
        points: dict[str, dict[str, str]] = {}
        for gateway, point in want.access_points:
            known = self.access_points.get(gateway, {}).get(point)
            points.setdefault(gateway, {})[point] = known or new_credential()
        devices: dict[str, dict[str, str]] = {}
        for gateway, device in want.devices:
            known = self.devices.get(gateway, {}).get(device)
            devices.setdefault(gateway, {})[device] = known or new_password()
        return replace(
            self,
            access_points=points,
            networks={name: self.networks.get(name) or new_password() for name in want.networks},
            devices=devices,
            roaming={
                host: self.roaming.get(host) or new_hexadecimal_key() for host in want.roaming
            },
            lessons={gateway: self.lessons.get(gateway) or new_code() for gateway in want.lessons},
            passwords={
                login: self.passwords.get(login) or new_password()
                for login in sorted(want.people)
                if want.has(login, "password")
            },
        )

    def _with_certificates(self, want: Wanted, today: date) -> WifiEntry:
        authority = self.authority
        if authority is None:
            return self
        days = want.certificate_days
        servers, certificates = dict(self.servers), dict(self.certificates)
        for gateway in want.gateways:
            if not _lasts(servers.get(gateway), today):
                servers[gateway] = new_server(authority, want.server_name, today=today, days=days)
        for login in want.people:
            if want.has(login, "certificate") and not _lasts(certificates.get(login), today):
                certificates[login] = new_client(authority, login, today=today, days=days)
        out = {serial: leaf for serial, leaf in self.handed_out.items() if leaf.until >= today}
        for holder, issued in (*servers.items(), *certificates.items()):
            out[issued.serial] = Leaf(holder=holder, until=issued.until)
        return replace(self, servers=servers, certificates=certificates, handed_out=out)

    @property
    def record(self) -> WifiRecord:
        """What of it may be known to everybody."""
        return WifiRecord(
            authority=self.authority.until if self.authority else None,
            access_points={
                gateway: tuple(sorted(points)) for gateway, points in self.access_points.items()
            },
            passwords=tuple(sorted(self.passwords)),
            servers={gateway: issued.until for gateway, issued in sorted(self.servers.items())},
            certificates={
                login: issued.until for login, issued in sorted(self.certificates.items())
            },
            networks=tuple(sorted(self.networks)),
            devices={gateway: tuple(sorted(keys)) for gateway, keys in self.devices.items()},
            roaming=tuple(sorted(self.roaming)),
            lessons=tuple(sorted(self.lessons)),
        )

    def of_radios(self, gateway: str, on_air: Iterable[Network]) -> dict[str, str]:
        """Return the keys that the radios of a host get, by name.

        Args:
            gateway: of their site.
            on_air: their networks.

        """
        networks = list(on_air)
        personal = sorted({each.name for each in networks if each.security == "personal"})
        devices = sorted({device.name for each in networks for device in each.devices})
        roams = any(each.mobility_domain for each in networks)
        return {
            **{f"wifi-network:{name}": self.networks[name] for name in personal},
            **{f"wifi-device:{name}": self.devices[gateway][name] for name in devices},
            **({"wifi-roaming": self.roaming[gateway]} if roams else {}),
        }

    def of_lessons(self, gateway: str) -> dict[str, str]:
        """Return what a gateway that switches networks for lessons knows of the teachers' code."""
        return {"wifi-lessons": code_hash(self.lessons[gateway], salt_of(gateway))}

    def of_access_point(self, gateway: str, point: str) -> dict[str, str]:
        """Return what a host asks the RADIUS server of its site's gateway with."""
        known = self.access_points.get(gateway, {})
        return {f"wifi-secret:{OWN_RADIOS}": known[point]} if point in known else {}

    def of_radius(self, host: str, with_password: Collection[str]) -> dict[str, str]:
        """Return what a RADIUS server gets, by name; of a password, a hash that MS-CHAPv2 needs.

        Args:
            host: the gateway.
            with_password: logins of those who may log in with one there.

        """
        if self.authority is None or host not in self.servers:
            return {}
        return {
            "wifi-authority": self.authority.certificate,
            "wifi-revocations": self.revocations,
            "wifi-certificate": self.servers[host].certificate,
            "wifi-key": self.servers[host].key,
            **{
                f"wifi-secret:{point}": value
                for point, value in self.access_points.get(host, {}).items()
            },
            **{
                f"wifi-password:{login}": nt_hash(password)
                for login, password in self.passwords.items()
                if login in with_password
            },
        }


def _lasts(issued: Issued | None, today: date) -> bool:
    return issued is not None and issued.until - today >= timedelta(days=RENEW_DAYS)


def _without(known: dict[str, Issued], holder: str) -> dict[str, Issued]:
    return {name: issued for name, issued in known.items() if name != holder}
