"""Brick ``base`` of one host: accounts, time, kernel, packages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A technician's account; log-in by key only, sudo without password."""

    name: str
    label: str
    ssh_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """OpenSSH server settings, each tuple in order of preference."""

    kex: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    host_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntp:
    """chrony: where time comes from and whom it serves."""

    preferred: str
    """Asked first: the hub's tunnel address on a gateway, the gateway's on a server, else empty."""
    servers: tuple[str, ...]
    """Public servers, used when the preferred one cannot be reached."""
    serve_to: tuple[str, ...]
    """Prefixes of both families that may ask this host."""
    local_stratum: int
    """Stratum announced when every source is lost, so that the site keeps one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl:
    """One kernel parameter with the rule it comes from (``R12`` of ANSSI-BP-028, or an RFC)."""

    key: str
    value: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedModule:
    """A kernel module that may not load, with its ANSSI-BP-028 rule."""

    name: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePlan:
    """Brick ``base``."""

    users: tuple[User, ...]
    ssh: Ssh
    ntp: Ntp
    journal_max_bytes: int
    journal_retention_days: int
    upgrades_at: str
    """Local time of unattended upgrades, ``HH:MM``: from a hash of the host, in the window."""
    sysctl: tuple[Sysctl, ...]
    blocked_modules: tuple[BlockedModule, ...]
    packages_present: tuple[str, ...]
    packages_absent: tuple[str, ...]
