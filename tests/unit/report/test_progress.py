"""Progress: live on a terminal, plain lines elsewhere, the same facts in both."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from mairie.host.events import Changed, Done, Failed, Operation, Started, Warned
from mairie.report.progress import FleetProgress
from tests.unit.report import sample


def run(*, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=terminal, _environ={})
    demo = sample.demo()
    with FleetProgress(len(demo.hosts), console, "demo") as progress:
        for host in demo.hosts:
            name = host.host
            progress.event(name, Started(host=name, action="apply", bricks=("base",)))
            progress.event(name, Operation(number=1, total=3, name="Poser [bold]/etc/hosts"))
            progress.event(name, Changed(number=1, name="Poser [bold]/etc/hosts"))
            progress.event(name, Warned(message="horloge \x1b[31mfausse"))
            for result in host.controls:
                progress.event(name, result)
            if host.failed:
                progress.event(name, host.failed)
            progress.event(name, Done(ok=host.failed is None))
            progress.done(host)
    return stream.getvalue()


def test_plain_lines_have_no_escape_sequence_and_say_everything() -> None:
    lines = run(terminal=False).splitlines()
    assert not any("\x1b" in line for line in lines)
    assert "hub : déploie" in lines
    assert "hub : modifié : Poser [bold]/etc/hosts" in lines
    assert "hub : attention : horloge fausse" in lines
    assert "hub : ✓ conforme (1/5, 18 s)" in lines
    assert (
        "rurutu-mairie-gw : ✗ non conforme (2/5, 18 s) "
        "1 vérification non conforme, 1 vérification inconnue"
    ) in lines
    assert "rurutu-mairie-gw : ? inconnu : BASE-07 " + sample.TITLES["BASE-07"] in lines
    assert any(
        line.startswith("rapa-mairie-box : ⊘ injoignable (5/5, 10 s) ssh:") for line in lines
    )
    assert not any("NET-11" in line for line in lines), "passes do not fill a CI log"


def test_a_verification_after_a_deploy_counts_from_zero() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, _environ={})
    with FleetProgress(1, console, "demo") as progress:
        progress.event("a", Started(host="a", action="apply", bricks=(), operations=9))
        progress.event("a", Operation(number=9, total=9, name="op"))
        progress.event("a", Started(host="a", action="verify", bricks=()))
        for number in range(11):
            progress.event("a", sample.control("a", f"NET-{number:02}"))
    assert "11/?" in stream.getvalue()
    assert "11/9" not in stream.getvalue()


def test_a_terminal_gets_a_display_and_keeps_the_last_word_of_each_host() -> None:
    text = run(terminal=True)
    assert "\x1b[" in text
    for host in sample.demo().hosts:
        assert host.host in text
    assert "(5/5" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_many_threads_lose_nothing(terminal: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=200, force_terminal=terminal, _environ={})
    hosts = sample.fleet(24, 12).hosts
    with FleetProgress(len(hosts), console, "verify") as progress, ThreadPoolExecutor(8) as pool:

        def one(number: int) -> None:
            host = hosts[number]
            progress.event(host.host, Started(host=host.host, action="verify", bricks=()))
            for result in host.controls:
                progress.event(host.host, result)
            progress.done(host)

        list(pool.map(one, range(len(hosts))))
    text = stream.getvalue()
    assert "24/24" in text
    for host in hosts:
        assert host.host in text


def test_the_terminal_is_given_back_after_an_error() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, _environ={})
    with pytest.raises(RuntimeError), FleetProgress(1, console) as progress:
        progress.event("a", Started(host="a", action="apply", bricks=(), operations=2))
        progress.event("a", Failed(message="non"))
        raise RuntimeError
    assert stream.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in stream.getvalue()
