"""``secrets/packages.asc``: the certificate that hosts trust for packages of the hub, in clear."""

from __future__ import annotations

import re
from pathlib import Path

from mairie.inventory.problems import Problem

_MAX_BYTES = 20_000
_ARMOUR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
    r"(Comment: [^\n]*\n)*\n([A-Za-z0-9+/=]+\n)+"
    r"-----END PGP PUBLIC KEY BLOCK-----\n"
)


def package_certificate(folder: Path, problems: list[Problem]) -> str:
    """Return the armoured certificate; empty when there is none, or when it is wrong."""
    path = folder / "secrets" / "packages.asc"
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problems.append(Problem(str(path), 0, "", f"cannot be read: {reason}"))
        return ""
    except UnicodeDecodeError:
        text = ""
    if len(raw) > _MAX_BYTES or not _ARMOUR.fullmatch(text):
        message = (
            "not an armoured OpenPGP certificate as mairie writes it; take it back from version "
            'control, or delete it and run "mairie secrets generate", which finds it again'
        )
        problems.append(Problem(str(path), 0, "", message))
        return ""
    return text
