"""What systemd says of units is read block by block."""

from __future__ import annotations

from mairie.host.units import UnitState, UnitStates

SHOWN = """\
Names=ssh.service sshd.service
SubState=running
UnitFileState=enabled

Names=nosuch.service
SubState=dead
UnitFileState=

Names=dbus.socket
SubState=listening
UnitFileState=static""".splitlines()


def test_all_units_are_asked_in_one_command() -> None:
    command = UnitStates().command(units=("ssh.service", "wg-quick@wg0.service"))
    assert command.endswith("-- ssh.service wg-quick@wg0.service")


def test_states_are_known_by_every_name() -> None:
    found = UnitStates().process(SHOWN)
    assert found["ssh.service"] == found["sshd.service"] == UnitState("running", "enabled")
    assert found["nosuch.service"] == UnitState("dead", "")


def test_up_and_enabled() -> None:
    found = UnitStates().process(SHOWN)
    words = {name: (state.is_up, state.is_enabled) for name, state in found.items()}
    assert words["ssh.service"] == (True, True)
    assert words["nosuch.service"] == (False, False)
    assert words["dbus.socket"] == (True, True)
    assert not UnitState("failed", "disabled").is_up
    assert not UnitState("failed", "disabled").is_enabled
