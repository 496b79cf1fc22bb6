"""Many devices log in at once, and what that costs the gateway that lets them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.bench.world import World, WorldError

DEVICES = 32
TURNS = 25
"""Log-ins of each device; between two, eapol_test waits for 0.1 s."""
LIMIT_S = 240
_FOLDER = "/srv/node"
_CONFIGURATION = f"{_FOLDER}/logins.conf"
_KEYS = re.compile(r"^MPPE keys OK: (\d+) +mismatch: \d+$", re.MULTILINE)


@dataclass(frozen=True)
class Method:
    """How devices prove who they are."""

    name: str
    settings: tuple[str, ...]
    """Lines of a ``network`` block of wpa_supplicant."""
    files: Mapping[str, str]
    """What the settings name: path → text."""


@dataclass(frozen=True)
class Server:
    """A RADIUS server that runs on the gateway."""

    host: str
    unit: str
    address: str
    port: int
    secret: str


@dataclass(frozen=True)
class Taken:
    """What a crowd of log-ins took."""

    logins: int
    wall_s: float
    cpu_s: float
    """Processor time of the whole gateway: the server, its journal, its network."""
    peak_mb: float
    """Memory of the server since it started."""

    @property
    def per_s(self) -> float:
        """Log-ins per second."""
        return self.logins / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Processor time of one log-in."""
        return 1000 * self.cpu_s / self.logins

    @property
    def words(self) -> str:
        """The figure for a person."""
        return f"{self.per_s:.0f}/s, {self.cpu_ms:.1f} ms of processor time each"

    @property
    def values(self) -> dict[str, float]:
        """The figure for programs."""
        return {
            "logins": self.logins,
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "peak_mb": self.peak_mb,
        }


def crowd(lab: World, client: str, server: Server, method: Method) -> Taken:
    """Let devices log in, each again and again; ``client`` is the access point that asks.

    Every log-in is a whole TLS handshake: neither server remembers sessions.

    Raises:
        WorldError: one was refused or had no answer.

    """
    block = "\n".join(("fast_reauth=0", "network={", *method.settings, "}", ""))
    files = {_CONFIGURATION: block, **method.files}
    lab.lab.put(client, {path: text.encode() for path, text in files.items()}, 0o600)
    _ask(lab, client, server, devices=1, turns=1)
    cpu_s = lab.cpu_s(server.host)
    said = _ask(lab, client, server, devices=DEVICES, turns=TURNS)
    cpu_s = lab.cpu_s(server.host) - cpu_s
    began, ended = re.findall(r"^at (\S+)$", said, re.MULTILINE)
    return Taken(DEVICES * TURNS, float(ended) - float(began), cpu_s, _peak_mb(lab, server))


def _ask(lab: World, client: str, server: Server, *, devices: int, turns: int) -> str:
    asks = f"-a {server.address} -p {server.port} -s {server.secret} -t {LIMIT_S}"
    script = f"""
        cd {_FOLDER}
        echo "at $(date +%s.%N)"
        for device in $(seq {devices}); do
            eapol_test -c {_CONFIGURATION} {asks} -r {turns - 1} 2>&1 | tail -n 4 >said.$device &
        done
        wait
        echo "at $(date +%s.%N)"
        cat said.*
        rm said.*
    """
    said = lab.lab.check(client, ["sh", "-c", script], timeout=LIMIT_S + 60)
    if succeeded(said) != devices * turns:
        raise WorldError(f"Of {devices * turns} log-ins, {succeeded(said)} came in: {said[-500:]}")
    return said


def succeeded(said: str) -> int:
    """Return how many log-ins ended with keys that both ends share, from ``eapol_test``'s words."""
    return sum(int(good) for good in _KEYS.findall(said))


def _peak_mb(lab: World, server: Server) -> float:
    script = f"grep VmHWM /proc/$(systemctl show --property=MainPID --value {server.unit})/status"
    return int(lab.lab.check(server.host, ["sh", "-c", script]).split()[1]) / 1024


def median(runs: Iterable[Taken]) -> Taken:
    """Return the run whose wall time is in the middle; of two, the slower."""
    ordered = sorted(runs, key=lambda taken: taken.wall_s)
    return ordered[len(ordered) // 2]
