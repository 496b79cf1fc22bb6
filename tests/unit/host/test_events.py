from __future__ import annotations

import io

import pytest

from mairie.host.events import (
    MAX_TEXT,
    Changed,
    ControlResult,
    Done,
    Event,
    EventError,
    EventWriter,
    Failed,
    Operation,
    Started,
    Warned,
    decode,
    encode,
)

EVERY_KIND: list[Event] = [
    Started(host="h", action="apply", bricks=("base", "vpn"), operations=3),
    Operation(number=1, total=3, name="base: packages"),
    Changed(number=1, name="base: packages", details=("apt-get install",), diff="-a\n+b"),
    Warned(message="é\nlines"),
    Failed(message="no", operation="x", output="words"),
    ControlResult(
        id="VPN-03",
        title="Titre",
        host="h",
        outcome="unknown",
        severity="high",
        subject="hub",
        message="why",
        duration_s=0.25,
        references=("ANSSI hygiène 23",),
        reason="parce que",
    ),
    Done(ok=True, operations=3, changed=1, duration_s=2.5, stopped=True, outcomes={"pass": 1}),
]


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: type(event).__name__)
def test_every_event_survives_the_wire(event: Event) -> None:
    line = encode(event)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == event
    stream = io.BytesIO()
    EventWriter(stream)(event)
    assert decode(stream.getvalue()) == event


@pytest.mark.parametrize(
    "line", ["", "{}", "Last login: today", '{"type":"nope"}', '{"type":"done"}']
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(EventError, match="not an event"):
        decode(line)


def test_secrets_are_replaced_everywhere() -> None:
    stream = io.BytesIO()
    write = EventWriter(stream, ["hunter2hunter2", "hunter2hunter2-longer", "short"])
    write(Failed(message="a hunter2hunter2-longer b", operation="short", output="hunter2hunter2"))
    write(Changed(number=1, name="n", details=("x hunter2hunter2",), diff="+hunter2hunter2"))
    text = stream.getvalue().decode()
    assert "hunter2" not in text
    failed, changed = (decode(line) for line in text.splitlines())
    assert failed == Failed(message="a [secret] b", operation="short", output="[secret]")
    assert changed == Changed(number=1, name="n", details=("x [secret]",), diff="+[secret]")


def test_long_texts_are_cut() -> None:
    stream = io.BytesIO()
    EventWriter(stream)(Warned(message="x" * (MAX_TEXT * 2)))
    event = decode(stream.getvalue())
    assert isinstance(event, Warned)
    assert len(event.message) < MAX_TEXT + 20
    assert event.message.endswith("(cut)")
