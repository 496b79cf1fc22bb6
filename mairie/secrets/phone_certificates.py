"""The certificate with which a telephone host gives phones their files.

Its authority signs this one certificate and is forgotten: a phone that was set up trusts it, and
nobody can make another for it. It lasts longer than phones do; another one has to be brought to
every phone of the commune.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from mairie.secrets.certificates import new_authority, new_server

AUTHORITY: Final = "phones:authority"
CERTIFICATE: Final = "phones:certificate"
KEY: Final = "phones:key"
NAMES: Final = (AUTHORITY, CERTIFICATE, KEY)
DAYS: Final = 20 * 365
SPOKEN: Final = {
    AUTHORITY: "authority of the phones' server",
    CERTIFICATE: "certificate of the phones' server",
    KEY: "key of the phones' server",
}


def new_certificate(
    commune: str, organisation: str, server: str, address: str, *, today: date
) -> dict[str, str]:
    """Return a certificate, its key and its authority by name of the secret, PEM.

    Args:
        commune: its name, for whoever looks at the authority.
        organisation: of the syndicate.
        server: DNS name of the telephone host.
        address: IPv4 of the telephone host, which is what phones are told.
        today: first day on which it is good.

    """
    name = f"Téléphonie {commune}"
    authority = new_authority(name, organisation, today=today, days=DAYS)
    issued = new_server(authority, server, today=today, days=DAYS, address=address)
    return {
        AUTHORITY: authority.certificate,
        CERTIFICATE: issued.certificate,
        KEY: issued.key,
    }
