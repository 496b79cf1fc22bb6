"""The terminal: a line per host, the totals, what failed and what to do; plain when piped."""

from __future__ import annotations

import io
import re

import msgspec
import pytest
from rich.console import Console

from mairie.host.events import Changed, Failed
from mairie.report.model import RunReport
from mairie.report.table import print_report
from tests.unit.report import sample


def shown(run: RunReport, width: int = 140, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    print_report(run, Console(file=stream, width=width, force_terminal=terminal, _environ={}))
    return stream.getvalue()


def row(text: str, host: str) -> list[str]:
    """Return the cells of a host's line that are not empty."""
    line = next(line for line in text.splitlines() if line.startswith(f" {host} "))
    return re.split(r"\s{2,}", line.strip())


def test_one_line_per_host_with_its_counts() -> None:
    text = shown(sample.demo(), 200)
    assert row(text, "hub") == ["hub", "✓ conforme", "10", "12 puis 0", "18 s"]
    assert row(text, "rurutu-mairie-gw")[1:5] == ["✗ non conforme", "10", "1", "1"]
    assert row(text, "rurutu-mairie-srv")[-1].startswith("Place /etc/ssh/sshd_config.d/10-mairie")
    assert row(text, "rapa-mairie-box")[1] == "⊘ injoignable"


def test_a_narrow_terminal_folds_no_name() -> None:
    text = shown(sample.demo(), 80)
    assert row(text, "rurutu-mairie-gw") == [
        "rurutu-mairie-gw", "✗ non conforme", "10", "1", "1", "12 puis 0", "18 s"
    ]  # fmt: skip


def test_totals() -> None:
    text = shown(sample.demo())
    assert "5 hôtes : échec 1, injoignable 1, non conforme 1, inconnu 1, conforme 1\n" in text
    assert "vérifications : conforme 30, non conforme 1, inconnu 2\n" in text
    assert "durée : 3 min 07 s" in text


def test_failures_say_why_and_what_to_do() -> None:
    text = " ".join(shown(sample.demo()).split())
    for part in (
        "✗ rurutu-mairie-srv : échec",
        "Bad SSH2 KexAlgorithms",
        "attention : kernel.kptr_restrict",
        "✗ NET-02 Un visiteur n'atteint pas le réseau des agents (non conforme, gravité élevée)",
        "rurutu-mairie-gw [public → agents (IPv6)] : non conforme : fd00:0:0:2c01::12 a répondu",
        "Pourquoi : Sans tunnel",
        "? BASE-07",
        "Que faire : Voir ce qui a dérivé : mairie lab shell rurutu-mairie-gw",
        "✗ Rurutu · mairie : 41 essais comme prévu sur 44",
        "✗ public → agents tcp/443 IPv6 : autorisé à tort",
        "? school → hub tcp/443 IPv4 : inconnu",
        "✓ Rapa · mairie : 44 essais comme prévu sur 44",
    ):
        assert part in text


def test_a_clean_run_is_short() -> None:
    text = shown(sample.clean())
    assert "Que faire" not in text
    assert "en écart" not in text


def test_a_preview_shows_every_change_with_its_diff() -> None:
    changes = tuple(
        Changed(number=n, name=f"op-{n}", details=(f"systemctl x{n}",), diff=f"-a{n}\n+b{n}")
        for n in range(1, 12)
    )
    base = sample.clean().hosts[0]
    host = msgspec.structs.replace(base, status="changed", changed=changes, controls=())
    text = shown(msgspec.structs.replace(sample.clean(), kind="preview", hosts=(host,)))
    assert "Ce qui changerait" in text
    assert "● à modifier" in text
    for n in range(1, 12):
        assert f"op-{n}" in text
        assert f"systemctl x{n}" in text
        assert f"+b{n}" in text


def test_a_deploy_shortens_long_lists_and_says_so() -> None:
    assert "… et 4 autres" in shown(sample.demo())


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_escape_sequence_without_a_terminal_and_no_line_too_long(width: int) -> None:
    text = shown(sample.demo(), width)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width


def test_what_a_host_wrote_cannot_drive_the_terminal() -> None:
    failed = Failed(message=f"[bold]{sample.HOSTILE}", output="\x1b]0;title\x07\x1b[2J[/red]ok")
    host = msgspec.structs.replace(sample.demo().hosts[2], failed=failed)
    text = shown(msgspec.structs.replace(sample.demo(), hosts=(host,)), terminal=False)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]</script>" in text
    assert "[/red]ok" in text
