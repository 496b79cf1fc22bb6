"""500 phones register, 20 pairs talk at once: what is lost, how long it takes, what it costs.

The figures are printed, not judged: they are of the machine that runs this. What is asserted is
that every phone got in, every call came about, and every packet of sound went through.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.containers import Lab, Node
from mairie.lab.engine import ensure_engine
from mairie.lab.fabric import Attachment
from mairie.lab.image import ensure_images
from tests.lab.load_world import (
    ANSWERERS,
    CALLERS,
    CALLS,
    PHONES,
    TALK_S,
    TRAFFIC,
    LoadWorld,
)
from tests.lab.voip_world import RURUTU

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadWorld]:
    offer(ensure_asterisk(print), ensure_images(ensure_engine(print)).packages)
    with Lab("test-voip-load") as lab:
        built = LoadWorld(lab, tmp_path_factory.mktemp("load") / "demo")
        flat = (Attachment("eth0", "flat"),)
        lab.up([Node(name, "host" if name == RURUTU else "client", flat) for name in built.names])
        install = "apt-get update -q; apt-get install -qy --no-install-recommends asterisk"
        built.run(RURUTU, install, timeout=300)
        built.start()
        yield built


def spread(times: list[float]) -> str:
    """Return the middle, the late and the last of some sorted times."""
    late = times[min(len(times) - 1, len(times) * 95 // 100)]
    return f"p50 {times[len(times) // 2]:.0f} ms, p95 {late:.0f} ms, longest {times[-1]:.0f} ms"


def test_every_phone_registers(world: LoadWorld) -> None:
    before, begun = world.cpu(), time.monotonic()
    world.sipp(CALLERS, "register", "callers", CALLS)
    world.sipp(ANSWERERS, "register", "others", PHONES - CALLS)
    seconds = time.monotonic() - begun
    print(
        f"\n{PHONES} registrations in {seconds:.1f} s: {spread(world.times(ANSWERERS))}; "
        f"Asterisk used {world.cpu() - before:.1f} s of processor"
    )
    assert world.registered() == PHONES


def test_twenty_calls_at_once(world: LoadWorld) -> None:
    world.answer()
    calls = threading.Thread(target=world.sipp, args=(CALLERS, "call", "calls", CALLS))
    calls.start()
    time.sleep(4)  # all of them are up
    measured = TALK_S - 9
    for name, end in ((CALLERS, "from"), (ANSWERERS, "to"), (CALLERS, "to")):
        world.run(
            name,
            f"setsid python3 {TRAFFIC} watch eth0 {end} {world.address(name)} {measured} "
            f">/srv/{end} 2>&1 </dev/null &",
        )
    before, begun = world.cpu(), time.monotonic()
    time.sleep(measured)
    used = (world.cpu() - before) / (time.monotonic() - begun)
    calls.join()
    time.sleep(1)
    print(f"\n{CALLS} calls at once: the other phone rings after {spread(world.times(CALLERS))}")
    print(f"Asterisk took {100 * used:.0f} % of one processor while {CALLS} calls had sound")
    for name, way in ((ANSWERERS, "one way"), (CALLERS, "there and back")):
        streams = heard(world.run(name, "cat /srv/to"))
        came = sum(len(numbers) for numbers in streams.values())
        # Numbers begin anywhere, and 0 follows 65535.
        lost = sum((n[-1] - n[0]) % 65536 + 1 - len(set(n)) for n in streams.values())
        print(f"{way}: {len(streams)} streams, {came} packets, {lost} lost")
        assert len(streams) == CALLS
        # One in a thousand nobody hears; a machine that does other work loses that many.
        assert lost <= came / 1000
    sent = heard(world.run(CALLERS, "cat /srv/from"))
    assert sum(map(len, sent.values())) > CALLS * 50 * measured * 0.95


def heard(text: str) -> dict[tuple[str, int], list[int]]:
    """Return the numbers of the packets of each stream."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for line in text.splitlines():
        _, to, source, number = json.loads(line)
        found[(to, source)].append(number)
    return found
