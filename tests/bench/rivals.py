"""The workload by the tools one would pick instead, each bounded in time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.bench.process import Spent, run
from tests.bench.relay import Traffic
from tests.bench.world import Door

WORKLOAD = Path(__file__).parent / "workload"


@dataclass(frozen=True)
class Rival:
    """One tool: its name and how its run is started."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Raced:
    """One run of a tool."""

    spent: Spent
    traffic: Traffic


def race(door: Door, rival: Rival, limit_s: float) -> Raced:
    """Run a tool once, through the relay as it is."""
    door.relay.hang_up()
    door.relay.take()
    spent = run(rival.argv, limit_s=limit_s, environment=rival.environment, folder=WORKLOAD)
    raced = Raced(spent, door.relay.take())
    door.relay.hang_up()
    return raced


def rivals(door: Door, folder: Path) -> tuple[Rival, ...]:
    """Return every tool that the environment has, ready for one host."""
    return (
        _ansible(door, folder, "Ansible (pipelining, ControlPersist)", {}),
        _ansible(door, folder, "Ansible + mitogen", _mitogen()),
        _pyinfra(door, folder),
    )


def _mitogen() -> dict[str, str]:
    spec = find_spec("ansible_mitogen")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    plugins = Path(next(iter(spec.submodule_search_locations))) / "plugins" / "strategy"
    return {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(plugins)}


def _ansible(door: Door, folder: Path, name: str, more: Mapping[str, str]) -> Rival:
    known = f"-o UserKnownHostsFile={door.known_hosts} -o IdentitiesOnly=yes -F none"
    hosts = folder / "ansible-hosts"
    hosts.write_text(
        f"workload ansible_host=127.0.0.1 ansible_port={door.relay.port} ansible_user=root "
        f"ansible_ssh_private_key_file={door.key} ansible_python_interpreter=/usr/bin/python3 "
        f"ansible_ssh_common_args='{known}'\n"
    )
    configuration = folder / "ansible.cfg"
    configuration.touch()  # empty, in place of the user's own
    environment = {
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=20s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "c"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CONFIG": str(configuration),
        "ANSIBLE_TIMEOUT": "60",
        "LC_ALL": "C.UTF-8",
        **more,
    }
    argv = (
        str(_program("ansible-playbook")),
        "-i",
        str(hosts),
        str(WORKLOAD / "ansible/site.yaml"),
    )
    return Rival(name, argv, environment)


def _pyinfra(door: Door, folder: Path) -> Rival:
    inventory = folder / "pyinfra_hosts.py"
    data = {
        "ssh_port": door.relay.port,
        "ssh_user": "root",
        "ssh_key": str(door.key),
        "ssh_known_hosts_file": str(door.known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_connect_retries": 0,
        "ssh_paramiko_connect_kwargs": {"banner_timeout": 60, "auth_timeout": 60},
    }
    inventory.write_text(f"workload = [('127.0.0.1', {data!r})]\n")
    argv = (str(_program("pyinfra")), "-y", str(inventory), str(WORKLOAD / "deploys/site.py"))
    return Rival("pyinfra over SSH", argv, {"LC_ALL": "C.UTF-8"})


def _program(name: str) -> Path:
    return Path(sys.executable).with_name(name)
