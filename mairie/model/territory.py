"""Everything that a territory's files say, checked; the only input of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mairie.model.commune import Commune
from mairie.model.syndicate import Syndicate


@dataclass(frozen=True)
class PublicKeys:
    """WireGuard public keys of one host: the one in force and, during a rotation, the next."""

    current: str
    next: str | None = None


@dataclass(frozen=True, order=True)
class Terms:
    """The terms of the visitors' portal in one language, as a plain text file has them."""

    code: str
    """Of the language: ``fr``, ``en``, ``ty`` (BCP 47)."""
    language: str
    """Its own name, for the link that leads to it: the first line of the file."""
    text: str
    """The rest: paragraphs apart by an empty line, lists of lines that begin with ``-``."""


@dataclass(frozen=True)
class Territory:
    """A syndicate with its communes, keyed by file stem, in the order of their index."""

    name: str
    syndicate: Syndicate
    communes: Mapping[str, Commune]
    layers: Mapping[str, Mapping[str, Any]]
    """The reference by layer: ``all``, an archipelago, an island's slug, a role; unmerged."""
    public_keys: Mapping[str, PublicKeys] = field(default_factory=dict)
    """Keyed by full host name, hubs included."""
    terms: Mapping[str, tuple[Terms, ...]] = field(default_factory=dict)
    """Of the visitors' portal, by commune; under ``""`` those of everybody else."""

    filter_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Domains that ``dns_filter`` may refuse, by name of their list."""

    authorities: Mapping[str, str] = field(default_factory=dict)
    """Who signs certificates of operators, PEM by name of the file."""

    announcements: Mapping[str, str] = field(default_factory=dict)
    """What callers of receptions hear, by name of the file: A-law, 8000 samples a second, in base64
    with lines."""

    package_certificate: str = ""
    """Armoured OpenPGP certificate of the syndicate's packages; empty before there is one."""

    def terms_of(self, commune: str) -> tuple[Terms, ...]:
        """Return the terms that visitors of a commune read."""
        return self.terms.get(commune) or self.terms.get("", ())
