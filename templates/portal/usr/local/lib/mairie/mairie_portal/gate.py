"""The firewall's map and set of the portal: who is admitted, and what they have used."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any, Protocol

NFT = "/usr/sbin/nft"
TABLE = "inet mairie"
DEVICES, SESSIONS = "portal-devices", "portal-sessions"


class GateError(Exception):
    """The firewall did not take or tell it: it is being loaded, or was never deployed."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What the kernel has."""

    devices: dict[str, int]
    """MAC address to the number of its session."""
    used: dict[int, int]
    """Number of a session to the bytes it has used."""


class Gate(Protocol):
    """Where devices are admitted."""

    def admitted(self) -> Admitted:
        """Return what is admitted. Raises GateError."""
        ...

    def admit(self, mac: str, number: int, seconds: int, data: int, used: int) -> None:
        """Admit a device for some seconds. Raises GateError."""
        ...

    def refuse(self, macs: list[str], numbers: list[int]) -> None:
        """Take devices and sessions away. Raises GateError."""
        ...


class Kernel:
    """The real one, through nft(8)."""

    def admitted(self) -> Admitted:
        """Return what is admitted. Raises GateError."""
        return Admitted(
            devices=dict(_pair(item) for item in self._elements("map", DEVICES)),
            used={int(_value(item)): _used(item) for item in self._elements("set", SESSIONS)},
        )

    def admit(self, mac: str, number: int, seconds: int, data: int, used: int) -> None:
        """Admit a device for some seconds; both elements come in one transaction."""
        self._run(
            f"destroy element {TABLE} {DEVICES} {{ {mac} }}\n"
            f"destroy element {TABLE} {SESSIONS} {{ {number} }}\n"
            f"add element {TABLE} {SESSIONS} "
            f"{{ {number} quota {data} bytes used {used} bytes timeout {seconds}s }}\n"
            f"add element {TABLE} {DEVICES} {{ {mac} timeout {seconds}s : {number} }}\n"
        )

    def refuse(self, macs: list[str], numbers: list[int]) -> None:
        """Take devices and sessions away."""
        lines = [f"destroy element {TABLE} {DEVICES} {{ {mac} }}\n" for mac in macs]
        lines += [f"destroy element {TABLE} {SESSIONS} {{ {number} }}\n" for number in numbers]
        if lines:
            self._run("".join(lines))

    def _elements(self, kind: str, name: str) -> list[Any]:
        said = self._call("--json", "list", kind, *TABLE.split(), name)
        for item in json.loads(said)["nftables"]:
            if kind in item:
                found: list[Any] = item[kind].get("elem", [])
                return found
        return []

    def _run(self, text: str) -> None:
        self._call("-f", "-", text=text)

    @staticmethod
    def _call(*arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [NFT, *arguments], input=text, capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            raise GateError(done.stderr.strip().partition("\n")[0] or "nft a échoué")
        return done.stdout


def _value(item: Any) -> Any:
    """Return the value of an element, with or without more about it."""
    return item["elem"]["val"] if isinstance(item, dict) else item


def _pair(item: Any) -> tuple[str, int]:
    key, mark = item
    return str(_value(key)), int(_value(mark))


def _used(item: Any) -> int:
    quota = item["elem"].get("quota", {}) if isinstance(item, dict) else {}
    factor = {"bytes": 1, "kbytes": 1024, "mbytes": 1024**2}
    return int(quota.get("used", 0)) * factor[quota.get("used_unit", "bytes")]
