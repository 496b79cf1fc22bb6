"""Words for the journal, with the priority that makes an alert of them."""

from __future__ import annotations

import os
import sys
import syslog
from typing import Literal

PRIORITIES = {"err": syslog.LOG_ERR, "warning": syslog.LOG_WARNING, "notice": syslog.LOG_NOTICE}


def say(priority: Literal["err", "warning", "notice"], text: str) -> None:
    """Write one line to the journal; on the screen too when a person runs the command."""
    level = PRIORITIES[priority]
    if "JOURNAL_STREAM" in os.environ:
        # sd-daemon(3): systemd reads the priority in front of the line.
        print(f"<{level}>{text}", file=sys.stderr, flush=True)
        return
    syslog.openlog("mairie-store")
    syslog.syslog(level, text)
    print(text, file=sys.stderr, flush=True)
