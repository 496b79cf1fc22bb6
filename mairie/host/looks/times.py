"""Times as programs write them and as people read them, for controls."""

from __future__ import annotations

import re
from datetime import datetime, timedelta


def moment(text: str) -> datetime:
    """Return a time as restic or the programs write it; their nanoseconds are cut."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def ago(span: timedelta) -> str:
    """Return a span for people."""
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if abs(hours) < 72 else f"{hours / 24:.0f} jours"
