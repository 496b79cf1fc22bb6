"""Brick base on a real Debian host: who gets in, who does not, and what a bad setting cannot do."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mairie.bundle import make_bundle
from mairie.host.events import Action, Order
from mairie.lab.containers import Lab, Node
from mairie.lab.execution import ExecResult
from mairie.lab.fabric import Attachment
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.base import BasePlan
from mairie.push import HostOutcome, Target, push
from mairie.runtime import host_runtime
from mairie.transport import Docker
from tests.render.conftest import DEMO, demo  # noqa: F401 - a fixture

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

HOST = "rurutu-mairie-srv"
PLATFORM = "x86_64-3.13"
ADDRESS = "192.0.2.1"
SSHD = "/etc/ssh/sshd_config.d/10-mairie.conf"


class World:
    """A host that gets brick base alone, and a PC beside it."""

    def __init__(self, lab: Lab, plan: HostPlan) -> None:
        self.lab = lab
        self.plan = plan

    def run(self, action: Action = "apply", base: BasePlan | None = None) -> HostOutcome:
        """Deploy the brick, with its own plan or with another one."""
        bundle = make_bundle(replace(self.plan, base=base or self.plan.base), HostSecrets())
        return push(
            Target(HOST, Docker(self.lab.container(HOST))),
            bundle,
            Order(action=action, only=("base",)),
            runtime=host_runtime,
            known_runtimes={PLATFORM: host_runtime(PLATFORM).digest},
        )

    def log_in(self, user: str, *options: str, command: str = "sudo -n id -u") -> ExecResult:
        """Try to log in from the PC, with the key /root/key unless told otherwise."""
        # fmt: off
        return self.lab.exec("pc", [
            "ssh", "-i", "/root/key", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", *options,
            f"{user}@{ADDRESS}", command,
        ])
        # fmt: on


@pytest.fixture(scope="module")
def world(demo: dict[str, HostPlan]) -> Iterator[World]:  # noqa: F811
    wire = (Attachment("eth9", "site/cable"),)
    with Lab("test-base") as lab:
        lab.up([Node(HOST, "host", wire), Node("pc", "client", wire)])
        for name, address in ((HOST, ADDRESS), ("pc", "192.0.2.2")):
            lab.check(name, ["ip", "address", "add", f"{address}/24", "dev", "eth9"])
            lab.check(name, ["ip", "link", "set", "eth9", "up"])
        lab.put("pc", {"/root/key": (DEMO / "identity" / "hina-ssh").read_bytes()}, 0o600)
        world = World(lab, demo[HOST])
        first = world.run()
        assert first.status == "done", first.message
        assert first.changed
        yield world


def test_a_second_deploy_changes_nothing(world: World) -> None:
    again = world.run()
    assert again.status == "done", again.message
    assert again.changed == ()


def test_no_control_fails(world: World) -> None:
    outcome = world.run("verify")
    failed = [f"{r.id} {r.subject}: {r.message}" for r in outcome.results if r.outcome == "fail"]
    # Nothing but brick base is here: the gateway that gives time is not.
    assert [line for line in failed if not line.startswith("BAS-23")] == []
    assert len(outcome.results) > 150


def test_a_technician_logs_in_and_becomes_root(world: World) -> None:
    done = world.log_in("hina")
    assert (done.exit_code, done.stdout) == (0, "0\n"), done.stderr


def test_a_key_in_a_home_folder_opens_nothing(world: World) -> None:
    script = (
        "install -d -m 700 -o moana -g moana /home/moana/.ssh && "
        "cp /etc/ssh/authorized_keys.d/hina /home/moana/.ssh/authorized_keys && "
        "chown moana: /home/moana/.ssh/authorized_keys && rm -f /root/none"
    )
    world.lab.check(HOST, ["sh", "-c", script])
    done = world.log_in("moana")
    assert "Permission denied (publickey)" in done.stderr


def test_a_technician_who_left_is_locked_out_and_may_come_back(world: World) -> None:
    moana = [user for user in world.plan.base.users if user.name == "moana"]
    left = world.run(base=replace(world.plan.base, users=tuple(moana)))
    assert left.status == "done", left.message
    assert "Permission denied" in world.log_in("hina").stderr
    assert world.lab.exec(HOST, ["runuser", "-u", "hina", "--", "sudo", "-n", "true"]).exit_code
    assert world.lab.exec(HOST, ["test", "-d", "/home/hina"]).exit_code == 0
    back = world.run()
    assert back.status == "done", back.message
    assert world.log_in("hina").stdout == "0\n"


def test_settings_that_sshd_refuses_never_replace_the_old_ones(world: World) -> None:
    before = world.lab.check(HOST, ["cat", SSHD])
    base = world.plan.base
    ssh = replace(base.ssh, kex=("no-such-exchange",))
    refused = world.run(base=replace(base, ssh=ssh))
    assert refused.status == "failed"
    assert refused.failed is not None
    assert refused.failed.operation == f"base: {SSHD}"
    assert "no-such-exchange" in refused.failed.output
    assert world.lab.check(HOST, ["cat", SSHD]) == before
    assert world.log_in("hina").exit_code == 0


def test_technicians_without_keys_never_lock_everybody_out(world: World) -> None:
    nobody = tuple(replace(user, ssh_keys=()) for user in world.plan.base.users)
    refused = world.run(base=replace(world.plan.base, users=nobody))
    assert refused.status == "failed"
    assert world.log_in("hina").exit_code == 0


def test_settings_that_chronyd_refuses_leave_the_old_service_running(world: World) -> None:
    base = world.plan.base
    refused = world.run(base=replace(base, ntp=replace(base.ntp, servers=("one two",))))
    assert refused.status == "failed"
    assert world.lab.check(HOST, ["systemctl", "is-active", "chrony"]) == "active\n"
    again = world.run()
    assert again.status == "done", again.message


@pytest.mark.parametrize(
    "by_hand", ["disable ssh", "disable --now ssh", "disable ssh; systemctl enable ssh"]
)
def test_a_service_disabled_by_hand_runs_again_and_is_known_to(world: World, by_hand: str) -> None:
    # systemd 257 loses the state of a running unit whose alias (sshd.service) comes back.
    world.lab.check(HOST, ["sh", "-c", f"systemctl {by_hand} 2>/dev/null"])
    back = world.run()
    assert back.status == "done", back.message
    states = world.lab.check(
        HOST, ["sh", "-c", "systemctl is-active ssh; systemctl is-enabled ssh"]
    )
    assert states == "active\nenabled\n"
    assert world.log_in("hina").exit_code == 0
    assert world.run().changed == ()


def test_the_clock_of_the_machine_is_left_alone(world: World) -> None:
    command = world.lab.check(HOST, ["ps", "-o", "args=", "-C", "chronyd"])
    assert all(" -x " in line for line in command.splitlines())
