"""Names of places as file stems and DNS labels."""

from __future__ import annotations

import re
import unicodedata


def slug(text: str) -> str:
    """Return ``hitiaa-o-te-ra`` for ``Hitiaa O Te Ra``: lower-case ASCII, digits, hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
