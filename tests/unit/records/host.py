"""A gateway in a folder, with a clock that a test moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from mairie_records.recorder import Recorder
from mairie_records.settings import Period, Places, Settings

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
YEAR = (Period(date(2021, 10, 21), None, 365),)
VISITOR = "10.41.4.57"
MAC = "02:00:00:00:00:57"


def settings(**changed: Any) -> Settings:
    known: dict[str, Any] = {
        "host": "rapa-mairie-box",
        "label": "Rapa · Mairie",
        "interface": "br-public",
        "ipv4": IPv4Network("10.41.4.0/24"),
        "ipv6": IPv6Network("fd00:0:0:4::/64"),
        "periods": YEAR,
        "day_bytes": 1 << 20,
        "source_bytes": 1 << 18,
    }
    return Settings(**{**known, **changed})


def event(
    moment: datetime,
    kind: str = "NEW",
    *,
    port: int = 50222,
    source: str = VISITOR,
    number: int = 7,
) -> str:
    """Return what conntrack prints for a visitor who reads a page."""
    uplink = "203.0.113.7"
    return (
        f"[{moment.timestamp():.6f}]\t    [{kind}] tcp      6 120 SYN_SENT src={source} "
        f"dst=198.51.100.80 sport={port} dport=443 [UNREPLIED] src=198.51.100.80 dst={uplink} "
        f"sport=443 dport={port} id={number}"
    )


@dataclass
class Gateway:
    """Its recorder is started and stopped by the test."""

    folder: Path
    known: Settings = field(default_factory=settings)
    now: datetime = NOON
    boot: str = "first"
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        for path in (self.places.records, self.places.log, self.places.run):
            path.mkdir(parents=True, exist_ok=True)
        self.places.trusted.touch()
        self.start()

    @property
    def places(self) -> Places:
        return Places(
            settings=self.folder / "records.json",
            records=self.folder / "records",
            log=self.folder / "records-log",
            run=self.folder / "run",
            leases=self.folder / "leases",
            host_key=self.folder / "host_key",
        )

    def start(self) -> None:
        self.recorder = Recorder(self.known, self.places, lambda: self.now, self.boot)
        self.recorder.turn()
        self.recorder.start()

    def opens(self, **changed: Any) -> None:
        self.recorder.flow(event(self.now, **changed))

    def at(self, moment: datetime) -> None:
        """Let time pass."""
        self.now = moment
        self.recorder.turn()

    def pass_days(self, number: int) -> None:
        for _ in range(number):
            self.at(self.now + timedelta(days=1))

    def lines(self, day: date | None = None) -> list[dict[str, Any]]:
        self.recorder.flush()
        path = self.places.records / f"{day or self.now.date()}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def kinds(self, day: date | None = None) -> list[str]:
        return [line["kind"] for line in self.lines(day)]
