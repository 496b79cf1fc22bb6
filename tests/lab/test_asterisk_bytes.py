"""Asterisk's package is built twice, and is the same."""

from __future__ import annotations

import pytest

from mairie.lab.building import ensure_asterisk

pytestmark = [pytest.mark.package, pytest.mark.timeout(3600)]


def test_two_builds_give_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = ensure_asterisk(print).path.read_bytes()
    monkeypatch.setenv("MAIRIE_CACHE", str(tmp_path_factory.mktemp("cache")))
    again = ensure_asterisk(print)
    assert not again.cached
    assert again.path.read_bytes() == first
