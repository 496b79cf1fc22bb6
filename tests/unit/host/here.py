"""Run the host side on this machine, in a folder, without a runtime, a container or root."""

from __future__ import annotations

import base64
import getpass
import grp
import json
import os
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mairie.archive import Archive, pack, unpack
from mairie.bundle import make_bundle
from mairie.host.events import Done, Event, Order, decode
from mairie.paths import PACKAGE, Assets, at
from mairie.plan.host import HostPlan, HostSecrets
from mairie.runtime import ABSENT
from tests.unit.host.plans import a_plan, some_secrets

OWNER = getpass.getuser()
GROUP = grp.getgrgid(os.getgid()).gr_name

SITE = """
import importlib
from pyinfra import host
from mairie.host.deploy import bricks_to_deploy, conclude
for brick in host.loop(bricks_to_deploy()):
    importlib.import_module(f"deploys.{brick}").deploy()
conclude()
"""

VENV = [path for path in sys.path if path.endswith("site-packages")]
STAND_IN = (PACKAGE / "host" / "absent.py").read_bytes()
RUNTIME = pack(
    {
        "sitecustomize.py": f"import sys\nsys.path += {VENV!r}\n".encode(),
        **dict.fromkeys(ABSENT, STAND_IN),
    }
)
"""Stands for the host runtime: its stand-ins, and the tests' own libraries."""


@dataclass(frozen=True)
class Here:
    """Transport to this machine: the receiver with its state in a folder."""

    root: Path
    python: str = sys.executable

    def argv(self, script: str, *arguments: str) -> list[str]:
        del script  # the bootstrap installs packages: not here
        packed, request = arguments
        receiver = zlib.decompress(base64.b64decode(packed)).decode()
        places = [f"MAIRIE_STATE_DIR={self.root / 'state'}", f"MAIRIE_LOG_DIR={self.root / 'log'}"]
        return ["env", *places, self.python, "-I", "-c", receiver, request]

    def unreachable(self, status: int, stderr: str) -> str:
        return stderr if status == 127 else ""


@dataclass
class Ground:
    """A folder with deploy scripts, and another that stands for the host."""

    root: Path
    plan: HostPlan
    secrets: HostSecrets

    @property
    def assets(self) -> Assets:
        return at(self.root / "assets")

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def state(self) -> Path:
        return self.root / "state"

    def placed(self) -> list[str]:
        """Names of all files on the ground, sorted."""
        return sorted(path.name for path in self.etc.iterdir())

    def script(self, brick: str, body: str) -> None:
        """Write deploys/<brick>.py: `body` is the inside of deploy(), with ETC, OWNER and GROUP."""
        head = (
            "from pyinfra.operations import server\n"
            "from mairie.host.deploy import this_host, to_activate\n"
            "from mairie.host.operations import managed_file, placed_files\n"
            f"ETC, OWN = {str(self.etc)!r}, dict(owner={OWNER!r}, group={GROUP!r})\n"
            "def deploy():\n"
        )
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        self._write(self.assets.deploys / f"{brick}.py", head + lines)

    def controls(self, brick: str, body: str) -> None:
        head = "import pytest\nfrom mairie.host.control import control\n"
        self._write(self.assets.conformance / f"test_{brick}.py", head + body)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        site = self.assets.deploys / "site.py"
        site.parent.mkdir(parents=True, exist_ok=True)
        site.write_text(SITE)

    def bundle(self) -> Path:
        """Unpack the bundle as a host does; return its folder."""
        return self._unpacked(make_bundle(self.plan, self.secrets, self.fresh_assets()).archive)

    def _unpacked(self, archive: Archive) -> Path:
        folder = self.root / "unpacked" / archive.digest
        for name, content in unpack(archive.data).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def fresh_assets(self) -> Assets:
        """common_files() remembers a folder's content: give each packing a path of its own."""
        count = len(list(self.root.glob("assets-*")))
        alias = self.root / f"assets-{count}"
        alias.symlink_to(self.root / "assets")
        return at(alias)

    def start(self, order: Order) -> subprocess.Popen[bytes]:
        """Start the work on the host, in a session of its own, as the receiver does."""
        module = "mairie.host.verify" if order.action == "verify" else "mairie.host.apply"
        bundle = str(self.bundle())
        environment = {
            **os.environ,
            "PYTHONPATH": f"{self._unpacked(RUNTIME)}:{bundle}",
            "PYTHONSAFEPATH": "1",
            "MAIRIE_STATE_DIR": str(self.state),
        }
        return subprocess.Popen(
            [sys.executable, "-m", module, bundle, json.dumps(msgspec.to_builtins(order))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=bundle,
            start_new_session=True,
        )

    def run(self, order: Order) -> list[Event]:
        """Run the work to its end; return its events."""
        process = self.start(order)
        out, err = process.communicate(timeout=60)
        events = [decode(line) for line in out.splitlines()]
        assert events, err.decode()
        assert isinstance(events[-1], Done), (events, err.decode())
        return events


def a_ground(root: Path) -> Ground:
    ground = Ground(root, a_plan(), some_secrets())
    ground.etc.mkdir()
    return ground


def lines(command: str) -> list[str]:
    """Return what a fact's command says here, a line each."""
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
