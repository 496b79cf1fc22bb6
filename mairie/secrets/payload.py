"""What one encrypted file holds: secrets of the hosts of a commune or of a hub, and of a Wi-Fi."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import msgspec

from mairie.model.territory import PublicKeys
from mairie.secrets.keys import new_credential, new_key_pair, new_preshared_key, public_key
from mairie.secrets.wifi import WifiEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry:
    """Secrets of one host; every value base64 unless it is in ``others``."""

    wireguard_private_key: str = field(default="", repr=False)
    next_wireguard_private_key: str = field(default="", repr=False)
    """Staged by a rotation, empty otherwise."""
    preshared_key: str = field(default="", repr=False)
    """Between a gateway and its hub; empty for other hosts. Kept on the commune's side alone."""
    others: dict[str, str] = field(default_factory=dict, repr=False)
    """What later bricks keep, by name."""

    @property
    def public_keys(self) -> PublicKeys:
        """The public halves, as ``public.yaml`` has them."""
        following = self.next_wireguard_private_key
        return PublicKeys(
            current=public_key(self.wireguard_private_key),
            next=public_key(following) if following else None,
        )

    def staged(self) -> HostEntry:
        """Return a copy with a fresh next WireGuard key."""
        return replace(self, next_wireguard_private_key=new_key_pair().private)

    def completed(self, others: Iterable[str]) -> HostEntry:
        """Return a copy that has these other secrets too, fresh where they were missing."""
        missing = {name: new_credential() for name in others if name not in self.others}
        return replace(self, others={**self.others, **missing})

    def finished(self) -> HostEntry:
        """Return a copy in which the next WireGuard key is the one in force."""
        return replace(
            self,
            wireguard_private_key=self.next_wireguard_private_key,
            next_wireguard_private_key="",
        )


def new_entry(*, preshared: bool) -> HostEntry:
    """Return fresh secrets of a host with a tunnel; a gateway has a preshared key, a hub none."""
    return HostEntry(
        wireguard_private_key=new_key_pair().private,
        preshared_key=new_preshared_key() if preshared else "",
    )


@dataclass(frozen=True, slots=True)
class Payload:
    """One file in clear, in memory only."""

    hosts: dict[str, HostEntry] = field(default_factory=dict, repr=False)
    """By full host name."""
    wifi: WifiEntry = field(default_factory=WifiEntry)
    """Of a commune whose sites have access points; empty otherwise."""

    telephony: dict[str, str] = field(default_factory=dict, repr=False)
    """Of a commune's telephone system, by name: ``sip-<phone>``, ``trunk-<trunk>`` …"""
    signing: str = field(default="", repr=False)
    """Of the first hub: armoured OpenPGP key of the syndicate's packages; empty elsewhere."""

    def with_host(self, host: str, entry: HostEntry) -> Payload:
        """Return a copy in which a host has these secrets."""
        return replace(self, hosts={**self.hosts, host: entry})

    def with_wifi(self, wifi: WifiEntry) -> Payload:
        """Return a copy in which the commune has these secrets for its Wi-Fi."""
        return replace(self, wifi=wifi)

    def with_telephony(self, telephony: dict[str, str]) -> Payload:
        """Return a copy in which the commune has these secrets for its telephone system."""
        return replace(self, telephony=telephony)

    def to_bytes(self) -> bytes:
        """Encode as indented JSON, keys sorted."""
        data = msgspec.json.encode(self, order="deterministic")
        return msgspec.json.format(data, indent=1) + b"\n"


def from_bytes(data: bytes) -> Payload:
    """Decode what ``to_bytes`` made.

    Raises:
        msgspec.MsgspecError: it is something else.

    """
    return msgspec.json.decode(data, type=Payload)
