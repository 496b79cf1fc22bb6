"""Facts are asked once while nothing has changed, and anew from the first change on."""

from __future__ import annotations

from mairie.host.events import Changed, Order
from tests.unit.host.here import Ground

ASK_FOUR_TIMES = """
from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from mairie.host.known import known

class Words(FactBase):
    def command(self, path):
        return f"echo asked >> {ETC}/asked; cat {path}"

    def process(self, output):
        return list(output)

@operation()
def copy(target):
    if known(Words, path=f"{ETC}/source") != ["two"]:
        yield StringCommand(f"echo one > {ETC}/{target}")
    else:
        host.noop("there are two")

copy(name="base: look", target="none")
server.shell(name="base: change", commands=[f"echo one > {ETC}/source"], _if=lambda: CHANGES)
copy(name="base: look again", target="one")
copy(name="base: and again", target="two")
known(Words, path=f"{ETC}/source")
"""


def asked(ground: Ground, *, changes: bool) -> tuple[int, list[str]]:
    (ground.etc / "source").write_text("two\n")
    ground.script("base", f"CHANGES = {changes}\n{ASK_FOUR_TIMES}")
    events = ground.run(Order(action="apply"))
    names = [event.name for event in events if isinstance(event, Changed)]
    return len((ground.etc / "asked").read_text().splitlines()), names


def test_a_fact_is_asked_once_while_nothing_changes(ground: Ground) -> None:
    assert asked(ground, changes=False) == (1, [])


def test_a_fact_is_asked_anew_after_a_change(ground: Ground) -> None:
    assert asked(ground, changes=True) == (
        3,
        ["base: change", "base: look again", "base: and again"],
    )
