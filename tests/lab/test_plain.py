"""Plain pyinfra over SSH, without a bundle: the same inventory, the same host at the end."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from mairie.files.backup import CLIENT_STATE, STATE
from mairie.run import Run
from tests.bench.figures import ROOT
from tests.bench.world import Door, world

HOST, COMMUNE = "rapa-mairie-box", "rapa"
TOTAL = re.compile(r"Grand total\s+\d+\s+(?P<changed>\d+|-)\s+(?P<failed>\d+|-)\s")
"""The last line of pyinfra's summary; a dash is none."""


def ssh_config(folder: Path, door: Door) -> Path:
    """Say how to reach the host under its name in the VPN, as a technician's own file would."""
    path = folder / "config"
    path.write_text(
        f"Host *.{COMMUNE}.demo.example\n"
        f"  HostName 127.0.0.1\n  Port {door.relay.port}\n  User root\n"
        f"  IdentityFile {door.key}\n  UserKnownHostsFile {door.known_hosts}\n"
    )
    return path


def pyinfra(config: Path) -> str:
    """Deploy the commune; return what pyinfra said."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pyinfra", "-y", "inventories/demo.py", "deploys/site.py"),
            *("--limit", COMMUNE, "--data", f"ssh_config_file={config}"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    return said


def changes(said: str) -> int:
    """Return how many operations changed the host."""
    total = TOTAL.search(said)
    assert total is not None, said[-1500:]
    assert total["failed"] == "-", said[-1500:]
    return 0 if total["changed"] == "-" else int(total["changed"])


@pytest.mark.lab
@pytest.mark.timeout(1800)
def test_plain_pyinfra_makes_the_same_host(tmp_path: Path) -> None:
    with world(tmp_path, print, (HOST,)) as lab:
        lab.prepare_ssh(HOST, ("openssh-server", "sudo"))
        # No hub answers here: a host that has tried once does not wait for it.
        tried = f"mkdir -p -m 700 {CLIENT_STATE} && echo '{{}}' >{STATE}"
        lab.lab.check(HOST, ["sh", "-c", tried])
        with lab.door(HOST, 0) as door:
            config = ssh_config(tmp_path, door)
            first, second = pyinfra(config), pyinfra(config)
        run = Run(
            {HOST: lab.session.plans[HOST]},
            lab.session.reach(),
            Console(file=io.StringIO()),
            "deploy",
            1,
        )
        (pushed,) = run.act("apply")
    assert changes(first) > 0, first[-1500:]
    assert changes(second) == 0, second[-1500:]
    assert (pushed.status, pushed.changed) == ("done", ()), pushed.message
