"""Messages of a voicemail outlive their host: saved, and there again on a blank machine."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from rich.console import Console

from mairie.asking import ask_hosts
from mairie.lab import internet
from mairie.lab.session import Session
from mairie.lab.topology import Topology
from mairie.plan.parts.voip import VOICEMAIL
from mairie.rebuild import Rebuilding
from mairie.run import Run
from tests.lab.people_world import CITIZEN_TONE, ORIGINATE, tone
from tests.lab.test_packages_hub import with_addresses
from tests.lab.test_voip_breaks import HOSTS, SERVER, inventory
from tests.lab.uplinks import with_fast_uplinks
from tests.lab.voip_world import wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

LEFT = f"find {VOICEMAIL} -name 'msg*' -type f -exec sha256sum {{}} + | sort"
OWNERS = f"find {VOICEMAIL} -printf '%u:%g\\n' | sort -u"
SPEECH = "&".join(["/srv/citizen"] * 3)
"""Longer than what is said before the tone."""


def run(session: Session, script: str) -> str:
    return session.lab.check(SERVER, ["sh", "-c", script], timeout=120)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = inventory(tmp_path_factory.mktemp("rebuild") / "demo")
    with_addresses(folder)
    session = Session.of(folder, print, communes=("rurutu",), name="test-voip-rebuild")
    nodes = (internet.NAME, *HOSTS)
    chosen = tuple(node for node in session.layout.nodes if node.name in nodes)
    session.layout = Topology(chosen, (), HOSTS)
    session.plans = {name: with_fast_uplinks(session.plans[name]) for name in HOSTS}
    console = Console(file=io.StringIO(), width=200)
    with session.lab:
        session.up()
        outcomes = Run(session.plans, session.reach(), console, "demo", 3).act("apply")
        assert [outcome.message for outcome in outcomes] == ["", "", ""]
        yield session


def test_a_message_is_there_again_on_a_blank_machine(session: Session) -> None:
    leave_a_message(session)
    left, owners = run(session, LEFT), run(session, OWNERS)
    assert len(left.splitlines()) == 2, "its sound, and who called when"
    plan, console = session.plans[SERVER], Console(file=io.StringIO(), width=200)
    reach = session.reach()
    (saved,) = ask_hosts({SERVER: plan}, reach.transport, "now", (), console=console)
    assert saved.outcome == "done", saved

    session.replace(SERVER)
    assert run(session, "command -v asterisk; ls /var/spool").count("asterisk") == 0
    # Accounts get other numbers here, as when packages came in another order.
    run(session, "useradd --system --no-create-home earlier")
    rebuilding = Rebuilding(plan, reach, console, print)
    assert rebuilding.go(), rebuilding.steps

    assert run(session, LEFT) == left
    assert run(session, OWNERS) == owners
    assert waiting(session, "101") == 1


def leave_a_message(session: Session) -> None:
    """Have somebody call a phone that is not there, and speak after the tone."""
    session.lab.put(SERVER, {"/srv/citizen.wav": tone(CITIZEN_TONE, 12)})
    run(session, f"asterisk -rx '{ORIGINATE}'")
    speak = f"channel originate Local/101@inside application Playback {SPEECH}"
    run(session, f"asterisk -rx '{speak}'")
    calls = "asterisk -rx 'core show channels'"
    assert wait(lambda: waiting(session, "101") == 1, 60), run(session, calls)


def waiting(session: Session, number: str) -> int:
    """Return how many new messages a voicemail has."""
    shown = run(session, "asterisk -rx 'voicemail show users'")
    (found,) = re.findall(rf"(?m)^\S+\s+{number}\s.*\s(\d+)\s*$", shown)
    return int(found)
