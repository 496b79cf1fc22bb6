"""What an access point is told by the gateway of its site: how long the lesson goes on."""

from __future__ import annotations

import json
import urllib.request
from typing import Final

STATE_PATH: Final = "/state"
SECONDS: Final = 2
LARGEST: Final = 200
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def told(address: str) -> int | None:
    """Return the seconds that the lesson has left, 0 without one; None when nobody says.

    Args:
        address: of the gateway's page, with its port where that is not 80.

    """
    try:
        with _DIRECT.open(f"http://{address}{STATE_PATH}", timeout=SECONDS) as answer:
            seconds = json.loads(answer.read(LARGEST))["seconds"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return seconds if type(seconds) is int and seconds >= 0 else None
