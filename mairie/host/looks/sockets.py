"""Sockets that listen on this host, for controls."""

from __future__ import annotations

import re

from mairie.host.probe import Probe, said

SOCKETS = "ss -H -lntup"
_AGAIN = f"sleep 1; {SOCKETS}"


class Socket:
    """One line of ``ss -H -lntup``."""

    def __init__(self, line: str) -> None:
        words = line.split()
        self.protocol = words[0]
        self.local = words[4]
        host, _, port = self.local.rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)
        users = re.search(r'"([^"]+)"', line)
        self.program = users[1] if users else ""

    @property
    def key(self) -> tuple[str, str]:
        """Protocol, and address with port."""
        return self.protocol, self.local

    @property
    def is_local(self) -> bool:
        """Whether only this host can reach it."""
        return self.host.startswith("127.") or self.host in ("::1", "[::1]") or "%lo" in self.host


def sockets(probe: Probe) -> list[Socket]:
    """Return every listening socket."""
    return [Socket(line) for line in said(probe(SOCKETS)).splitlines() if line.strip()]


def lasting(found: list[Socket], probe: Probe) -> list[Socket]:
    """Return those that are there a second later as well.

    A question by UDP listens for its answer, with no program's name when it was asked while ``ss``
    looked: that is no service.
    """
    if not found:
        return []
    there = {Socket(line).key for line in said(probe(_AGAIN)).splitlines()}
    return [socket for socket in found if socket.key in there]
