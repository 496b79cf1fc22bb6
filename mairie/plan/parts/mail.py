"""Brick ``mail`` of one host: where its messages go, and how long they may wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPlan:
    """Brick ``mail`` on a host that sends some. HostSecrets has the password, ``mail-relay``."""

    relay: str
    """Host name; its certificate is checked by it."""
    port: int
    wrapped: bool
    """TLS from the first byte; else STARTTLS."""
    username: str
    sender: str
    """Address from which all messages come, and to which those that cannot leave go back."""
    keep_days: int
    """A message waits for the link so long."""
    late_hours: int
    """One that waits longer is a fault."""
