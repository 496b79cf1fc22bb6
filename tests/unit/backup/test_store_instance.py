"""The door of a host is open again whatever happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from mairie_store import instance
from mairie_store.errors import StoreError

SOCKET, SERVICE = "mairie-store@rapa.socket", "mairie-store@rapa.service"


class Systemd:
    """Refuses what it is told to refuse, once."""

    def __init__(self, *refused: tuple[str, str]) -> None:
        self.refused = list(refused)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, *words: str) -> int:
        self.asked.append(words)
        if words in self.refused:
            self.refused.remove(words)
            return 1
        return 0


def test_the_host_is_let_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = Systemd()
    monkeypatch.setattr(instance, "_systemctl", systemd)
    with pytest.raises(OSError, match="disk"), instance.stopped("rapa"):
        raise OSError("disk")
    assert systemd.asked == [("stop", SOCKET), ("stop", SERVICE), ("start", SOCKET)]


def test_an_instance_that_does_not_stop_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = Systemd(("stop", SERVICE))
    monkeypatch.setattr(instance, "_systemctl", systemd)
    with pytest.raises(StoreError, match="ne s'arrête pas"), instance.stopped("rapa"):
        pytest.fail("nothing may be done while the host can write")
    assert systemd.asked[-1] == ("start", SOCKET)


def test_a_service_left_behind_does_not_keep_the_door_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    systemd = Systemd(("start", SOCKET))
    monkeypatch.setattr(instance, "_systemctl", systemd)
    assert instance.start("rapa")
    assert systemd.asked == [("start", SOCKET), ("stop", SERVICE), ("start", SOCKET)]


def test_one_upkeep_at_a_time(tmp_path: Path) -> None:
    with instance.alone(tmp_path, "rapa") as first, instance.alone(tmp_path, "rapa") as second:
        assert (first, second) == (True, False)
    with instance.alone(tmp_path, "rapa") as again:
        assert again
