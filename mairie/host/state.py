"""Where mairie keeps its things on a host."""

from __future__ import annotations

import os
from pathlib import Path

STATE = Path(os.environ.get("MAIRIE_STATE_DIR", "/var/lib/mairie"))
"""Root of everything; the variable is for tests."""
FILES = STATE / "files"
"""One list per brick of the files it placed, one path per line."""
PENDING = STATE / "pending"
"""One empty file per brick whose files changed and whose services were not yet told."""
LOCK = STATE / "apply.lock"
"""Locked while a bundle is applied; holds who and since when."""
HOLDS = Path("/etc/mairie/hold.d")
"""Programs by the name of their brick: status 0 while it may not be removed."""
