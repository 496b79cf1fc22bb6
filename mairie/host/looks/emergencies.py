"""By which ways the running Asterisk lets out a call to an emergency number, for controls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mairie.host.looks.asterisk import told
from mairie.host.probe import Probe

RULES = "dialplan show s@emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A trunk that is tried."""

    trunk: str
    caller: str
    """Number that it is shown, as this operator writes numbers; empty: none."""


def building_of(extension: str) -> str:
    """Return the question what a phone's emergency calls show."""
    return f"dialplan show {extension}@building"


def ways(probe: Probe, extension: str) -> tuple[Way, ...]:
    """Return the trunks that are tried for a phone's emergency calls, in order.

    Raises:
        CannotLookError: Asterisk does not run.

    """
    shown = re.findall(r"Set\((\w+)=([^)]*)\)", told(probe, building_of(extension)))
    known = dict(shown)
    exits = re.findall(r"Gosub\(emergency-exit,([^,]+),1\(", told(probe, RULES))
    return tuple(
        Way(trunk=trunk, caller=caller)
        for name in exits
        for trunk, caller in _exit(probe, name, known)
    )


def _exit(probe: Probe, name: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return trunk and caller's number of one exit; nothing where it calls nobody."""
    shown = told(probe, f"dialplan show {name}@emergency-exit")
    called = re.findall(r"Dial\(PJSIP/[^@)]*@emergency-([^,)]+)", shown)
    variable = re.search(r"Set\(CALLERID\(num\)=\$\{(\w+)\}\)", shown)
    caller = known.get(variable[1], "") if variable else ""
    return [(trunk, caller) for trunk in called]
