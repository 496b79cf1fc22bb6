"""Until when a run may send."""

from __future__ import annotations

from datetime import datetime, timedelta


def deadline(start: str, minutes: int, now: datetime) -> datetime:
    """Return when a run begun ``now`` has to stop.

    Args:
        start: ``HH:MM``, local time.
        minutes: length of the window.
        now: local time, aware or naive.

    Inside the window it is the window's end. Outside (the host was off at its hour and catches up)
    a run has as long as a window.

    """
    length = timedelta(minutes=minutes)
    hour, minute = (int(part) for part in start.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    for began in (today, today - timedelta(days=1)):
        if began <= now < began + length:
            return began + length
    return now + length
