"""The desk over HTTPS, at one address; and in the clear for those who bring an invitation.

Linphone trusts public authorities alone until it is set up, so it cannot fetch over TLS. Both come
to one port: the first byte tells them apart.
"""

from __future__ import annotations

import socket
import ssl
import threading
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from mairie_phones.desk import INVITATION, Answer, Desk
from mairie_phones.server import SECONDS, PageHandler, PageServer
from mairie_phones.settings import Settings

HANDSHAKE = b"\x16"
"""What a connection that speaks TLS begins with (RFC 8446 section 5.1)."""


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return how the server speaks TLS (RFC 8446, RFC 5246): phones of ten years ago know 1.2."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    return made


class Server(PageServer):
    """One address."""

    at_once = 64

    def __init__(self, settings: Settings, desk: Desk, tls: ssl.SSLContext) -> None:
        self.desk, self.tls, self.lock = desk, tls, threading.Lock()
        super().__init__(settings.address, settings.port, Handler)


class Handler(PageHandler):
    """One request."""

    server: Server
    max_body = 0
    policy = "default-src 'none'"

    def setup(self) -> None:
        """Speak TLS, in this connection's own thread: one that is slow keeps nobody waiting."""
        self.request.settimeout(SECONDS)
        self.clear = self.request.recv(1, socket.MSG_PEEK) != HANDSHAKE
        if not self.clear:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """End the connection."""
        super().finish()
        self.request.close()

    def asked(self) -> None:
        """Give a file, or say that there is none."""
        if self.command != "GET":
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
            return
        name = urlsplit(self.path).path.lstrip("/")
        if name.startswith(INVITATION) and not self._is_linphone():
            # A camera that reads the code opens a browser: that must not use the invitation up.
            self.send_error(HTTPStatus.FORBIDDEN, explain="À lire par Linphone lui-même.")
            return
        try:
            with self.server.lock:
                address = str(self.client_address[0])
                answer = self.server.desk.ask(name, address, clear=self.clear)
        except (OSError, ValueError):
            answer = Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        if answer.status is HTTPStatus.OK:
            invited = name.startswith(INVITATION)
            self._give(answer.content, "text/xml" if invited else "application/octet-stream")
        else:
            self.send_error(answer.status)

    def told(self, _: dict[str, list[str]]) -> None:
        """Take nothing."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def is_meant(self) -> bool:
        """Refuse every form before it is looked at."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        return False

    def _is_linphone(self) -> bool:
        agent = self.headers.get("User-Agent", "")
        return "X-Linphone-Provisioning" in self.headers or "linphone" in agent.lower()

    def _give(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
