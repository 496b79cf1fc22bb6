"""Sends what waits, then ends; systemd starts it again when something else is there."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import SubprocessError

from mairie_messages import fax as faxes
from mairie_messages.letter import QueueError, hand_over
from mairie_messages.settings import Settings, load
from mairie_messages.voicemail import voicemail

PAUSE_S = 5
REFUSED_S = 60
"""Pause after the queue did not answer."""
FAX = ".tif"
FAILED = ".failed"
"""Ending of what can never be sent; a control says that some is there."""


def main() -> int:
    """Send until nothing waits."""
    settings = load()
    while waiting := list(_waiting(settings)):
        left = sweep(settings, waiting)
        if left:
            time.sleep(PAUSE_S)
    return 0


def _waiting(settings: Settings) -> Iterator[Path]:
    yield from sorted(settings.messages.glob("*.eml"))
    yield from sorted(settings.faxes.glob("*.tif"))


def sweep(settings: Settings, waiting: list[Path]) -> int:
    """Send what can be sent; return how many files still wait."""
    known = faxes.endings() if any(path.suffix == FAX for path in waiting) else {}
    left = 0
    for path in waiting:
        try:
            done = _fax(settings, path, known) if path.suffix == FAX else _message(settings, path)
        except QueueError as error:
            print(f"the queue takes nothing: {error}", file=sys.stderr)
            time.sleep(REFUSED_S)
            return left + 1
        except (OSError, LookupError, ValueError, SubprocessError) as error:
            # One that can never be sent must not keep the others waiting.
            print(f"{path.name} cannot be sent: {error!r}", file=sys.stderr)
            path.rename(path.with_suffix(FAILED))
            done = True
        left += not done
    return left


def _message(settings: Settings, path: Path) -> bool:
    hand_over(settings, voicemail(settings, path.read_bytes()))
    path.unlink()
    return True


def _fax(settings: Settings, path: Path, known: dict[str, faxes.Ending]) -> bool:
    ending = faxes.ending_of(path, known, time.time())
    if ending is None:
        return False
    mail = faxes.fax(settings, path, ending)
    if mail is not None:
        hand_over(settings, mail)
    path.unlink()
    faxes.forget(path.stem)
    return True


if __name__ == "__main__":
    sys.exit(main())
