"""By which ways the running Asterisk lets out a call to an emergency number, for controls."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mairie.host.looks.asterisk import told
from mairie.host.probe import CannotLookError, Probe

RULES = "dialplan show s@emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A trunk that is tried."""

    trunk: str
    caller: str
    """Number that it is shown, as this operator writes numbers; empty: none."""


def variables_of(extension: str) -> str:
    """Return the question what the dial plan knows of a phone."""
    return f"pjsip show endpoint {extension}"


def ways(probe: Probe, extension: str) -> tuple[Way, ...]:
    """Return the trunks that are tried for a phone's emergency calls, in order.

    Raises:
        CannotLookError: Asterisk does not run, or does not know the phone.

    """
    known = told(probe, variables_of(extension))
    if not re.search(rf"^\s*Endpoint:\s+{extension}\b", known, re.MULTILINE):
        raise CannotLookError(f"Asterisk ne connaît pas le poste {extension}")
    exits = re.findall(r"Gosub\(emergency-exit,([^,]+),1\(", told(probe, RULES))
    return tuple(
        Way(trunk=trunk, caller=caller)
        for name in exits
        for trunk, caller in _exit(probe, name, known)
    )


def _exit(probe: Probe, name: str, known: str) -> list[tuple[str, str]]:
    """Return trunk and caller's number of one exit; nothing where it calls nobody."""
    shown = told(probe, f"dialplan show {name}@emergency-exit")
    called = re.findall(r"Dial\(PJSIP/[^@)]*@emergency-([^,)]+)", shown)
    variable = re.search(r"Set\(CALLERID\(num\)=\$\{(\w+)\}\)", shown)
    value = (
        re.search(rf"^\s*set_var\s*:\s*{variable[1]}=(\S+)", known, re.MULTILINE)
        if variable
        else None
    )
    return [(trunk, value[1] if value else "") for trunk in called]
