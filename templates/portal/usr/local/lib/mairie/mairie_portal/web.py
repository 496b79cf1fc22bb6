"""The page over HTTP, to the visitors' segment alone."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from mairie_portal.desk import Answer, Desk, Standing
from mairie_portal.page import POLICY, page
from mairie_portal.settings import Settings

IP_FREEBIND: Final = 15
IPV6_FREEBIND: Final = 78
"""Of linux/in.h and linux/in6.h: the address of a bridge may come later than the service."""
SECONDS: Final = 10
"""A device that is slower than this to say what it wants is not waited for."""
AT_ONCE, AT_ONCE_EACH = 64, 6
MAX_BODY: Final = 1000


class Server(ThreadingHTTPServer):
    """One address of the gateway; a device has a few connections at a time, all have some."""

    daemon_threads = True
    request_queue_size = 64
    _all: ClassVar[Counter[str]] = Counter()
    _turn: ClassVar[threading.Lock] = threading.Lock()
    """Of both families together."""

    def __init__(
        self, address: str, settings: Settings, desk: Desk, mac_of: Callable[[str, str], str]
    ) -> None:
        self.six = ipaddress.ip_address(address).version == 6
        self.address_family = socket.AF_INET6 if self.six else socket.AF_INET
        self.settings, self.desk, self.mac_of = settings, desk, mac_of
        self.own = f"[{address}]" if self.six else address
        super().__init__((address, settings.port), Handler)

    def server_bind(self) -> None:
        """Bind before the address is there."""
        if self.six:
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.own, self.settings.port

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's
        """Tell whether there is room for one more connection of a device."""
        with self._turn:
            return self._all[client_address[0]] < AT_ONCE_EACH and self._all.total() < AT_ONCE

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and count it while it lasts."""
        with self._counted(client_address[0]):
            super().process_request_thread(request, client_address)

    @contextmanager
    def _counted(self, address: str) -> Iterator[None]:
        with self._turn:
            self._all[address] += 1
        try:
            yield
        finally:
            with self._turn:
                self._all[address] -= 1
                if not self._all[address]:
                    del self._all[address]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a device that went away in the middle of a word."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version, sys_version = "mairie", ""
    timeout = SECONDS

    def do_GET(self) -> None:
        """Show the page; whatever was looked for on the internet, lead to it."""
        if not self._meant():
            return
        mac = self._mac()
        self._show(self.server.desk.standing(mac) if mac else Standing(None))

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page."""
        self.do_GET()

    def do_POST(self) -> None:
        """Open a session, or say why not."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        if not self._meant():
            return
        origin = self.headers.get("Origin")
        if origin not in (None, "null", f"http://{self.server.own}"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        mac = self._mac()
        if not mac:
            self._show(Standing(None), "nobody")
            return
        answer = self._ask(mac, fields)
        if answer == "opened":
            self._lead(f"/?lang={self._language()}", HTTPStatus.SEE_OTHER)
            return
        standing = self.server.desk.standing(mac)
        self._show(standing, answer)

    def _ask(self, mac: str, fields: dict[str, list[str]]) -> Answer:
        desk = self.server.desk
        if self.server.settings.mode == "voucher":
            return desk.redeem(mac, fields.get("code", [""])[0])
        return desk.accept(mac)

    def _meant(self) -> bool:
        """Tell whether this page was asked for; if not, lead to it."""
        here = urlsplit(self.path).path == "/" and self.headers.get("Host") == self.server.own
        if not here:
            self._lead("/", HTTPStatus.FOUND)
        return here

    def _mac(self) -> str:
        return self.server.mac_of(str(self.client_address[0]), self.server.settings.interface)

    def _language(self) -> str:
        wanted = parse_qs(urlsplit(self.path).query).get("lang", [""])[0]
        known = [each.code for each in self.server.settings.languages]
        return wanted if wanted in known else known[0]

    def _show(self, standing: Standing, answer: str = "") -> None:
        text = page(self.server.settings, self._language(), standing, answer).encode()
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _lead(self, path: str, status: HTTPStatus) -> None:
        self.send_response(status)
        self._headers()
        self.send_header("Location", f"http://{self.server.own}{path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _headers(self) -> None:
        # Kept by nobody: a telephone must not take it for the page it was looking for.
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def log_message(self, *_: Any) -> None:
        """Write nothing: what visitors look for is nobody's business."""
