"""A backup never harms a call: two calls while uploads fill the line, with queues and without."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.lab.queue_world import (
    GATEWAY,
    LINE_BYTES,
    OPERATOR,
    RAPA_ANSWERS,
    SERVER,
    Heard,
    World,
)
from tests.lab.voip_world import wait

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

FILL_S = 10
"""Until an upload has filled what it can fill."""
CALL_S = 10
LATE_S = 8
"""What was sent within the call may come this much later; machines are slow to begin, too."""
UPLOADS = ("backup", "office")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = World(tmp_path_factory.mktemp("queue") / "demo")
    with built.lab:
        built.start()
        yield built


def measure(world: World, upload: str, *, queues: bool) -> dict[str, Heard]:
    """Call the hub and the operator while an upload goes on; again when a softphone fell over."""
    for _ in range(3):
        heard = _measured(world, upload, queues=queues)
        if all(each.sent > 50 * CALL_S * 0.8 for each in heard.values()):
            break
    return heard


def _measured(world: World, upload: str, *, queues: bool) -> dict[str, Heard]:
    world.queues(on=queues)
    before = world.line()[1]
    world.call(5070, f"*{RAPA_ANSWERS}")
    world.call(5071, "40123456")
    world.fill(upload, FILL_S + CALL_S + LATE_S)
    time.sleep(FILL_S)
    world.listen(CALL_S + LATE_S)
    waits = 0
    for _ in range(CALL_S):
        time.sleep(1)
        waits = max(waits, world.line()[0])
    drops = world.line()[1]
    time.sleep(LATE_S + 2)
    heard = world.heard(CALL_S)
    world.hang_up()
    world.filled = waits, drops - before
    for way, each in heard.items():
        print(
            f"{upload:7} {'queues' if queues else 'none':7} call {way:8} sent {each.sent:4} "
            f"lost {each.lost_percent:5.1f} %  one way p50 {each.median:7.1f} ms  "
            f"p95 {each.p95:7.1f} ms  jitter {each.jitter:6.1f} ms  "
            f"before the line {waits / 1000:4.0f} kB, dropped there {drops - before}, "
            f"uploaded {world.sent(upload) / 1000:.0f} kB"
        )
    return heard


@pytest.mark.parametrize("upload", UPLOADS)
def test_calls_live_through_an_upload(world: World, upload: str) -> None:
    measure(world, upload, queues=False)
    waits, drops = world.filled
    assert waits > LINE_BYTES / 2, "nothing filled the line: the comparison would say nothing"
    assert drops > 0
    heard = measure(world, upload, queues=True)
    waits, drops = world.filled
    assert drops == 0, "the line had to drop: not everything waits at the gateway"
    assert waits < LINE_BYTES / 20
    assert world.calls_dropped() == 0
    for way, each in heard.items():
        assert each.sent > 50 * CALL_S * 0.8, way
        # A tunnel outside the kernel, on a busy machine, loses one now and then by itself.
        assert each.lost_percent < 1, way


def test_a_mark_of_others_is_taken_away(world: World) -> None:
    """Somebody in the offices marks a packet as a call's: it leaves without the mark."""
    count = "nft list counter inet mairie cleared-marks"
    before = world.run(GATEWAY, count)
    assert world.marks_from_offices() == {0}
    assert world.run(GATEWAY, count) != before


def has_the_operator(world: World, number: str) -> bool:
    """Whether a call to a number is at the operator."""
    return f"!customers!{number}!" in world.ask(OPERATOR, "core show channels concise")


def test_with_the_hub_cut_calls_leave_by_the_gateway(world: World) -> None:
    """The tunnel leads nowhere; the operator is reached, and the hub again once it is back."""
    world.hang_up()
    with world.hub_cut():
        # 15 last: the reception is told of it, by the other phone.
        for port, number in ((5071, "40123456"), (5070, "15")):
            world.call(port, number)
            assert wait(partial(has_the_operator, world, number), 10), number
            world.hang_up()
        world.call(5070, world.extension("secretariat").number)
        world.hang_up()
    reached = r"Contact:\s+hub/.*\bAvail\b"
    shown = partial(world.ask, SERVER, "pjsip show contacts")
    assert wait(lambda: re.search(reached, shown()) is not None, 90), shown()
    world.call(5070, f"*{RAPA_ANSWERS}")
    world.hang_up()
