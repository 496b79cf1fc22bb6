"""Whether a server on the network proves who it is, as a client of it would find out."""

from __future__ import annotations

import socket
import ssl

from mairie.host.probe import CannotLookError

PATIENCE_S = 5.0


def refusal(host: str, port: int, authority: str, *, source: str = "") -> str:
    """Begin TLS with a server and end it; nothing else is said.

    Args:
        host: name or address that the certificate has to be for.
        port: TCP.
        authority: certificates in PEM of who alone may have signed; empty: public authorities.
        source: own address to ask from; empty: any.

    Returns:
        why its certificate is refused, in OpenSSL's words; empty when it is accepted.

    Raises:
        CannotLookError: there is no server, or it does not speak TLS.

    """
    known = ssl.create_default_context(cadata=authority or None)
    known.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection((host, port), PATIENCE_S, (source, 0)) as link,
            known.wrap_socket(link, server_hostname=host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        raise CannotLookError(f"{host}:{port} : {error}") from error
