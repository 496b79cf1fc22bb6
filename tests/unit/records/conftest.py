"""The program of the brick is a file of the hosts: its folder is on no path but theirs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "templates/records/usr/local/lib/mairie"))
