"""What ``conntrack`` prints: which source got which translation. No destination goes further."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

_KINDS: dict[str, Literal["open", "close"]] = {"[NEW]": "open", "[DESTROY]": "close"}


@dataclass(frozen=True, slots=True)
class Flow:
    """The beginning or the end of one translated connection."""

    moment: datetime | None
    """When, UTC; None in a listing of what is open."""
    kind: Literal["open", "close"]
    protocol: str
    source: str
    """Address of the visitor's device."""
    source_port: str
    """Empty where the protocol has none."""
    uplink: str
    """Address it had outside."""
    uplink_port: str
    id: str
    """The kernel's own number of the connection: one source port may serve several."""


def parse(line: str) -> Flow | None:
    """Read one line of ``conntrack -E -o timestamp,id`` or ``conntrack -L -o id``.

    Both directions are in it: the second destination is where answers go, the translated source.
    None for what is no connection, or is not translated.
    """
    values: dict[str, list[str]] = {"src": [], "dst": [], "sport": [], "dport": [], "id": []}
    moment: datetime | None = None
    kind: Literal["open", "close"] = "open"
    words = line.split()
    if words and words[0].startswith("[") and words[0][1:2].isdigit():
        moment = datetime.fromtimestamp(float(words.pop(0)[1:-1]), UTC)
    if words and words[0] in _KINDS:
        kind = _KINDS[words.pop(0)]
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in values:
            values[name].append(value)
    if len(values["src"]) != 2 or len(values["dst"]) != 2 or not values["id"]:
        return None
    source, uplink = values["src"][0], values["dst"][1]
    if source == uplink:
        return None
    ports = len(values["sport"]) == len(values["dport"]) == 2
    return Flow(
        moment=moment,
        kind=kind,
        protocol=words[0],
        source=source,
        source_port=values["sport"][0] if ports else "",
        uplink=uplink,
        uplink_port=values["dport"][1] if ports else "",
        id=values["id"][-1],
    )


def place(address: str, port: str) -> str:
    """Return ``10.0.0.1:80``, ``[fd00::1]:80``, or the address alone."""
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def split(text: str) -> tuple[str, str]:
    """Return address and port of what ``place`` wrote; the port may be empty."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        return address, port.removeprefix(":")
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return address, port
    return text, ""
