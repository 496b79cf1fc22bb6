# Managed by mairie; changes are overwritten at the next deploy.
"""What the wg-* programs share: the settings of the tunnel and the state of its interface."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path("/etc/wireguard")
STATE = Path("/var/lib/mairie/vpn")
"""What is remembered over a restart of the machine."""
FRESH_S = 180
"""A handshake older than this no longer carries packets: REJECT_AFTER_TIME of WireGuard."""
SETTLE_S = 30
"""The longest that a start or stop of the tunnel is waited for."""


@dataclass(frozen=True)
class Peer:
    """A peer as the interface knows it."""

    key: str
    endpoint: str
    """``address:port``; empty when unknown."""
    allowed: tuple[str, ...]
    handshake: int
    """Seconds since 1970; 0: never."""
    keepalive: int

    def age(self) -> float:
        """Seconds since the last handshake."""
        return time.time() - self.handshake


def run(*command: str, text: str | None = None) -> str:
    """Run a command, feed it text, return its output. Raises CalledProcessError."""
    done = subprocess.run(command, input=text, check=True, capture_output=True, text=True)
    return done.stdout


def settings() -> dict[str, Any]:
    """Return what mairie rendered for these programs."""
    found: dict[str, Any] = json.loads((FOLDER / "mairie.json").read_text())
    return found


def index(interface: str) -> str:
    """Return the number of the interface, a new one each time it is made; empty: none is there."""
    try:
        return Path("/sys/class/net", interface, "ifindex").read_text().strip()
    except OSError:
        return ""


def exists(interface: str) -> bool:
    """Whether the interface is there."""
    return bool(index(interface))


def changing(interface: str) -> bool:
    """Whether systemd is starting, stopping or reloading the tunnel, or is about to."""
    return bool(run("systemctl", "show", "--value", "-p", "Job", f"wg-quick@{interface}").strip())


def settle(interface: str) -> None:
    """Wait until the tunnel is neither being started nor stopped, SETTLE_S at most."""
    end = time.monotonic() + SETTLE_S
    while changing(interface) and time.monotonic() < end:
        time.sleep(0.2)


def public_key(interface: str) -> str:
    """Return the public key the interface answers with now."""
    return run("wg", "show", interface, "public-key").strip()


def derive(private_key: str) -> str:
    """Return the public key of a private key."""
    return run("wg", "pubkey", text=private_key).strip()


def peers(interface: str) -> dict[str, Peer]:
    """Return the peers by public key."""
    found = {}
    for line in run("wg", "show", interface, "dump").splitlines()[1:]:
        key, _, endpoint, allowed, handshake, _, _, keepalive = line.split("\t")
        found[key] = Peer(
            key=key,
            endpoint="" if endpoint == "(none)" else endpoint,
            allowed=() if allowed == "(none)" else tuple(allowed.split(",")),
            handshake=int(handshake),
            keepalive=0 if keepalive == "off" else int(keepalive),
        )
    return found


def sections(text: str) -> list[dict[str, list[str]]]:
    """Split a wg or wg-quick configuration: ``[Interface]`` first, then each ``[Peer]``.

    Keys in lower case; values as written, in their order.
    """
    found: list[dict[str, list[str]]] = []
    for line in text.splitlines():
        plain = line.partition("#")[0].strip()
        if plain.startswith("["):
            found.append({})
        elif plain:
            key, _, value = plain.partition("=")
            found[-1].setdefault(key.strip().lower(), []).append(value.strip())
    return found


def configuration(interface: str) -> dict[str, list[str]]:
    """Return the ``[Interface]`` section of the configuration file."""
    return sections((FOLDER / f"{interface}.conf").read_text())[0]


def words(lines: list[str]) -> list[str]:
    """Split ``a, b`` values."""
    return [word.strip() for line in lines for word in line.split(",") if word.strip()]


def greet(interface: str, peer: Peer) -> None:
    """Shake hands with a peer at once: switching its keepalive on sends one packet."""
    for seconds in ("0", "1", str(peer.keepalive)):
        run("wg", "set", interface, "peer", peer.key, "persistent-keepalive", seconds)


def follow(interface: str) -> list[str]:
    """Give each peer in rotation its addresses under the key it used last; say what moved."""
    moved = []
    known = peers(interface)
    for rotation in settings()["rotations"]:
        current, coming = known.get(rotation["current"]), known.get(rotation["next"])
        if current is None or coming is None:
            continue
        winner = coming if coming.handshake and coming.handshake >= current.handshake else current
        if set(winner.allowed) != set(rotation["allowed"]):
            run(
                "wg",
                "set",
                interface,
                "peer",
                winner.key,
                "allowed-ips",
                ",".join(rotation["allowed"]),
            )
            which = "next" if winner is coming else "current"
            moved.append(f"{rotation['name']}: addresses follow its {which} key")
    return moved
