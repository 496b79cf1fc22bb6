"""A fax that Asterisk received, as PDF."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from mairie_messages.letter import letter
from mairie_messages.settings import Settings

ASTERISK_S = 20
CONVERSION_S = 120
SHOWN = re.compile(r"^/fax/(\S+)\s*: (\w*):(\d*)\s*$", re.MULTILINE)
FORGOTTEN_S = 3600
"""A fax of which nobody says how it ended, because Asterisk stopped, is sent as far as it came."""


@dataclass(frozen=True)
class Ending:
    """How a fax ended: Asterisk's word, and the pages that came."""

    complete: bool
    pages: int


def endings() -> dict[str, Ending]:
    """Return how each fax that has ended did, by the name of its file without ``.tif``."""
    return {
        name: Ending(status == "SUCCESS", int(pages or 0))
        for name, status, pages in SHOWN.findall(_asterisk("database show fax"))
    }


def forget(name: str) -> None:
    """Have Asterisk forget how a fax ended."""
    _asterisk(f"database del fax {name}")


def _asterisk(command: str) -> str:
    done = subprocess.run(
        ["asterisk", "-rx", command],
        capture_output=True,
        text=True,
        timeout=ASTERISK_S,
        check=False,
    )
    return done.stdout


def ending_of(path: Path, known: Mapping[str, Ending], now: float) -> Ending | None:
    """Return how a fax ended; None while it is being received."""
    found = known.get(path.stem)
    if found is None and now - path.stat().st_mtime > FORGOTTEN_S:
        return Ending(complete=False, pages=0)
    return found


def fax(settings: Settings, path: Path, ending: Ending) -> EmailMessage | None:
    """Return the mail for a fax; None when no page came, or nobody has that line any more."""
    name, moment, caller, _ = path.stem.rsplit("-", 3)
    line = next((each for each in settings.lines if each.name == name), None)
    document = pdf(path)
    if line is None or document is None:
        return None
    whose = f"de {caller}" if caller else "d'un numéro masqué"
    pages = f"{ending.pages} page{'s' if ending.pages > 1 else ''}" if ending.pages else ""
    what = "Télécopie" if ending.complete else "Télécopie incomplète"
    when = datetime.fromtimestamp(int(moment), ZoneInfo(settings.timezone))
    lines = [
        f"Télécopie reçue au {line.number} le {when:%d/%m/%Y à %H:%M}, {whose}"
        + (f" : {pages}." if pages else "."),
        "Elle est jointe, en PDF.",
    ]
    if not ending.complete:
        lines.insert(1, "La transmission a été interrompue : il peut manquer des pages.")
    mail = letter(
        settings,
        line.mail,
        f"{what} {whose}" + (f", {pages}" if pages else ""),
        "\n".join(lines) + "\n",
    )
    mail.add_attachment(
        document, maintype="application", subtype="pdf", filename=f"telecopie-{moment}.pdf"
    )
    return mail


def pdf(path: Path) -> bytes | None:
    """Return a TIFF as PDF; None when it has no page."""
    done = subprocess.run(
        ["tiff2pdf", str(path)], capture_output=True, timeout=CONVERSION_S, check=False
    )
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"%PDF") else None
