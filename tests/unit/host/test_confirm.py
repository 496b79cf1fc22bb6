"""How a deploy knows whether its client still hears it, and what it keeps to come back to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mairie.host import confirm
from mairie.host.rollback import ROLLBACK
from tests.unit.host.plans import a_plan

needs_ss = pytest.mark.skipif(not shutil.which("ss"), reason="ss is absent: install iproute2")


@needs_ss
def test_a_client_that_acknowledges_everything_answers() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        host, _ = server.accept()
        with host:
            address, port = client.getsockname()
            own_address, own_port = host.getsockname()
            connection = f"{address} {port} {own_address} {own_port}"
            assert confirm._client_answers(connection)
            host.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:  # the client reads nothing: its window fills
                    host.send(b"x" * 65536)
            assert not confirm._client_answers(connection)


@needs_ss
def test_a_client_that_left_is_not_waited_for() -> None:
    assert confirm._client_answers("127.0.0.1 1 127.0.0.1 2")


def test_the_client_is_found_through_processes_that_forgot_it() -> None:
    inner = "from mairie.host.confirm import _client; print(_client())"
    outer = (
        "import os, subprocess, sys; del os.environ['SSH_CONNECTION']; "
        f"subprocess.run([sys.executable, '-c', {inner!r}], env=dict(os.environ), check=True)"
    )
    there = "198.51.100.7 50000 198.51.100.1 22"
    done = subprocess.run(
        [sys.executable, "-c", outer],
        env={**os.environ, "SSH_CONNECTION": there},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == there


def test_nothing_is_kept_for_a_rehearsal_or_without_risk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(confirm, "STATE", tmp_path)
    assert confirm.begin(a_plan(), ["network"]) is None
    monkeypatch.setattr(confirm, "STATE", confirm.HOME)
    assert confirm.begin(a_plan(), []) is None


def test_the_rollback_is_a_shell_script_that_does_nothing_unless_armed(tmp_path: Path) -> None:
    script = tmp_path / "rollback"
    script.write_text(ROLLBACK)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    done = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
