"""The programs of the brick are files of the hosts: their folder is on no path but theirs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "templates/backup/usr/local/lib/mairie"))
