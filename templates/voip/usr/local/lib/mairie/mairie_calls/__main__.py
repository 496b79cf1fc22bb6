"""``mairie-calls``: who is on the telephone, and who was. For root: it says who called whom."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from mairie_calls import live, records, words

SETTINGS = Path("/etc/mairie/calls.json")
DONE, FAILED = 0, 1
LAST, MOST = 20, 1000
PATIENCE_S = 20


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    described = argparse.ArgumentParser(
        prog="mairie-calls", description="Appels en cours, et derniers appels."
    )
    described.add_argument(
        "--last", type=int, default=LAST, metavar="NOMBRE", help=f"de 0 à {MOST}, {LAST} sans rien"
    )
    return described


def main() -> int:
    """Print both lists."""
    described = parser()
    wanted = described.parse_args().last
    if not 0 <= wanted <= MOST:
        described.error(f"--last : de 0 à {MOST}")
    settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
    names = settings["names"]
    try:
        asked = subprocess.run(
            ["asterisk", "-rx", "core show channels concise"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
        answered = asked.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        answered = False
    print("En cours")
    shown = words.now(live.calls(asked.stdout.splitlines()), names) if answered else []
    print("\n".join(shown or ["inconnu : Asterisk ne répond pas"]))
    if wanted:
        print("\nDerniers appels")
        print("\n".join(words.before(records.last(Path(settings["records"]), wanted), names)))
    return DONE if answered else FAILED


if __name__ == "__main__":
    sys.exit(main())
