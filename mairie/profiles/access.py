"""What a device is told so that it logs in, and to nobody else than the commune's server."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

EAP_TLS: Final = 13
PEAP: Final = 25
MSCHAPV2: Final = 26
"""IANA, Extensible Authentication Protocol, method types."""
_NAMESPACE: Final = uuid.UUID("6f2a1c9e-0f7b-5d55-9d35-2f4a0e4c8b11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One person's way into the network of the staff of one commune."""

    organisation: str
    commune: str
    login: str
    ssids: tuple[str, ...]
    """Of that network at each site, each once."""
    server_name: str
    authority: str
    """Certificate that the server's must come from, PEM."""
    pkcs12: bytes | None = field(repr=False)
    """Certificate and key under a passphrase; None for a password, which the device asks for."""

    @property
    def authority_der(self) -> bytes:
        """The authority's certificate in DER."""
        return self._authority.public_bytes(Encoding.DER)

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the authority's certificate, in hexadecimal: how Windows names it."""
        return self._authority.fingerprint(SHA1()).hex()  # noqa: S303 - a name, no protection

    @property
    def _authority(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.authority.encode())

    def identifier(self, *parts: str) -> str:
        """Return a UUID that is the same whenever the profile is made again (RFC 9562, 5.5)."""
        return str(uuid.uuid5(_NAMESPACE, "/".join((self.server_name, self.login, *parts)))).upper()
