"""Brick ``portal`` of one host: the page that visitors meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTerms:
    """The terms in one language, as plain text."""

    code: str
    """Of the language (BCP 47)."""
    language: str
    """Its own name."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalPlan:
    """Brick ``portal`` on the gateway of a site with visitors: what they meet first."""

    interface: str
    """Bridge of the segment."""
    ipv4: str
    ipv6: str
    """Addresses of this gateway in the segment: the page is there, and nowhere else."""
    port: int
    mode: Literal["click", "voucher"]
    session_seconds: int
    """Of a session that a click opens; a voucher says its own."""
    data_bytes: int
    """Of a session, both ways together."""
    rate: int
    """Of one visitor, each way, bit/s."""
    terms: tuple[PortalTerms, ...]
    """French first, the others by name."""
