"""Sockets that listen on this host, for controls."""

from __future__ import annotations

import re

from mairie.host.probe import Probe, said

SOCKETS = "ss -H -lntup"


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
    def is_local(self) -> bool:
        """Whether only this host can reach it."""
        return self.host.startswith("127.") or self.host in ("::1", "[::1]") or "%lo" in self.host


def sockets(probe: Probe) -> list[Socket]:
    """Return every listening socket."""
    return [Socket(line) for line in said(probe(SOCKETS)).splitlines() if line.strip()]
