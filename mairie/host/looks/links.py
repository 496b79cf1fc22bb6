"""Links of this host and their addresses, for controls."""

from __future__ import annotations

from typing import Any

from mairie.host.probe import Probe, as_json

ADDRESSES = "ip -json -details address show"


def links(probe: Probe) -> dict[str, dict[str, Any]]:
    """Return what ``ip`` knows of each link."""
    return {item["ifname"]: item for item in as_json(probe(ADDRESSES)) if "ifname" in item}


def link(probe: Probe, name: str) -> dict[str, Any]:
    """Return one link.

    Raises:
        AssertionError: it is not there, which fails the control.

    """
    found = links(probe)
    if name not in found:
        raise AssertionError(f"l'interface {name} n'existe pas")
    return found[name]
