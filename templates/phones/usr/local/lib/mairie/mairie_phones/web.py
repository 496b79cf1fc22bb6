"""The desk over HTTPS, at one address."""

from __future__ import annotations

import ssl
import threading
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from mairie_phones.desk import Answer, Desk
from mairie_phones.server import SECONDS, PageHandler, PageServer
from mairie_phones.settings import Settings


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
        try:
            with self.server.lock:
                answer = self.server.desk.ask(name, str(self.client_address[0]))
        except (OSError, ValueError):
            answer = Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        if answer.status is HTTPStatus.OK:
            self._give(answer.content)
        else:
            self.send_error(answer.status)

    def told(self, _: dict[str, list[str]]) -> None:
        """Take nothing."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def is_meant(self) -> bool:
        """Refuse every form before it is looked at."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        return False

    def _give(self, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
