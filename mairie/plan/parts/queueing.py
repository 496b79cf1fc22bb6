"""Queues of a gateway's ways out, part of brick ``network``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A way out whose packets wait here, where calls overtake, and not in the provider's modem."""

    interface: str
    """The uplink's port, or the tunnel."""
    uplink: str
    """Port of the uplink that carries it: itself, or one of those that the tunnel may take."""
    rate: int
    """bit/s, whole bytes: below what the uplink is said to carry."""
    rtt_ms: int
    overhead: int
    """Bytes that each packet gets on its way; 0: its link-layer frame is all there is."""
    translated: bool
    """Whether the kernel translates addresses on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSource:
    """Where marks of calls are believed."""

    interface: str
    """Bridge through which its packets come; empty: they are this host's own."""
    ipv4: str
    ipv6: str
    """Addresses; both empty: whoever is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueingPlan:
    """How packets leave a gateway: in which order, how fast."""

    queues: tuple[Queue, ...]
    """Of the uplinks, then of the tunnel by each of them; none of the tunnel without telephones."""
    voice: tuple[VoiceSource, ...]
    rtp_first: int
    rtp_last: int
    """UDP ports to which phones send sound: whatever its maker marks it with, it is a call's."""
    tunnel_port: int
    """UDP port of the hub: what this host sends there is the tunnel; 0: there is none."""

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Each interface that has a queue, once."""
        return tuple(dict.fromkeys(item.interface for item in self.queues))

    @property
    def uplinks(self) -> tuple[str, ...]:
        """Ports of the uplinks, the preferred one first."""
        return tuple(item.interface for item in self.queues if item.interface == item.uplink)
