"""The whole way to a minimal Debian 13: Python, runtime, bundle brought; work done, told back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mairie.bundle import Bundle, make_bundle
from mairie.host.events import Order
from mairie.lab.containers import Lab, Node
from mairie.lab.fabric import Attachment
from mairie.paths import at
from mairie.push import HostOutcome, Target, push
from mairie.runtime import Runtimes
from mairie.transport import Docker
from tests.unit.host.plans import SECRET, a_plan, some_secrets

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

SITE = """
import importlib
from pyinfra import host
from mairie.host.deploy import bricks_to_deploy, conclude
for brick in host.loop(bricks_to_deploy()):
    importlib.import_module(f"deploys.{brick}").deploy()
conclude()
"""

BASE = """
from pyinfra.operations import systemd
from mairie.host.deploy import this_host, to_activate
from mairie.host.operations import managed_file

UNIT = "[Service]\\nType=oneshot\\nExecStart=/bin/true\\nRemainAfterExit=yes\\n"

def deploy():
    _, secrets = this_host()
    managed_file(name="base: key", path="/etc/demo/key", content=secrets.wireguard_private_key,
                 mode="600", secret=True, brick="base")
    unit = managed_file(name="base: unit", path="/etc/systemd/system/demo.service", content=UNIT,
                        check=("systemd-analyze", "verify", "{}"), brick="base")
    systemd.daemon_reload(name="base: reload", _if=to_activate("base", unit))
    systemd.service(name="base: demo", service="demo.service", running=True)
"""

CONTROLS = """
from mairie.host.control import control

@control("BASE-01", title="Le service tourne", reason="Pour l'exemple", severity="high")
def test_service(host):
    assert host.service("demo").is_running

@control("BASE-02", title="La clé est secrète", reason="Pour l'exemple", severity="critical")
def test_key(probe):
    assert probe("stat -c %a /etc/demo/key").stdout == "600\\n"
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("test-push") as running:
        running.up([Node("one", "host", (Attachment("eth0", "wan"),))])
        running.check("one", ["apt-get", "purge", "-q", "-y", "python3*", "libpython3*"])
        assert running.exec("one", ["sh", "-c", "command -v python3"]).stdout == ""
        yield running


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    assets = at(tmp_path_factory.mktemp("assets"))
    for path, text in (
        (assets.deploys / "site.py", SITE),
        (assets.deploys / "base.py", BASE),
        (assets.conformance / "test_base.py", CONTROLS),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    return make_bundle(a_plan(), some_secrets(), assets)


def test_a_host_without_python(lab: Lab, bundle: Bundle) -> None:
    runtimes = Runtimes()
    known = runtimes.known()
    target = Target("one", Docker(lab.container("one")))

    def do(order: Order) -> HostOutcome:
        outcome = push(target, bundle, order, runtime=runtimes, known_runtimes=known)
        assert outcome.status == "done", outcome
        return outcome

    preview = do(Order(action="preview"))
    assert "python3 is missing or minimal: installing it" in preview.warnings
    assert "base: key" in [event.name for event in preview.changed]
    assert lab.exec("one", ["test", "-e", "/etc/demo"]).exit_code == 1

    before = do(Order(action="verify"))
    assert {result.outcome for result in before.results} == {"fail"}

    first = do(Order(action="apply"))
    assert [event.name for event in first.changed] == [
        "base: key",
        "base: unit",
        "base: reload",
        "base: demo",
        "services have been told",
    ]
    assert first.warnings == ()
    assert do(Order(action="apply")).changed == ()
    assert do(Order(action="verify")).conforming

    lab.check("one", ["systemctl", "stop", "demo"])
    after = do(Order(action="verify"))
    assert [(result.id, result.outcome) for result in after.results] == [
        ("BASE-01", "fail"),
        ("BASE-02", "pass"),
    ]
    assert [event.name for event in do(Order(action="apply")).changed] == ["base: demo"]
    assert do(Order(action="verify")).conforming

    secret_in_logs = lab.exec("one", ["grep", "-rl", SECRET, "/var/log"])
    assert secret_in_logs.stdout == ""
    modes = lab.check("one", ["stat", "-c", "%a", "/var/lib/mairie", "/var/log/mairie"])
    assert modes == "711\n700\n"
