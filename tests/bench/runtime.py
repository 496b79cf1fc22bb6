"""The host runtime: its size, and how long a link needs for it."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.runtime import USUAL_PLATFORM, host_runtime
from tests.bench.figures import Figure, verdict

RUNTIME_BYTES = 3_000_000
LINK_BITS = 4_000_000
"""A satellite's upstream, in bits per second."""


def figures() -> Iterator[Figure]:
    """Measure the runtime of the usual host; that it is sent once is seen by the part deploy."""
    size = len(host_runtime(USUAL_PLATFORM).data)
    yield Figure(
        part="runtime",
        what=f"host runtime, compressed ({USUAL_PLATFORM})",
        budget="≤ 3 MB",
        measured=f"{size / 1e6:.2f} MB",
        verdict=verdict(size <= RUNTIME_BYTES),
        beside=f"{8 * size / LINK_BITS:.1f} s at 4 Mbit/s; sent once per version",
        values={"bytes": size},
    )
