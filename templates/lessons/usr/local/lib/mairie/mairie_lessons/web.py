"""The page over HTTP, to the classrooms' segment alone; it switches nothing without a code."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from mairie_lessons.door import RefusedError, ask
from mairie_lessons.gateway import STATE_PATH
from mairie_lessons.page import POLICY, page
from mairie_lessons.settings import Page, Settings

IP_FREEBIND: Final = 15
IPV6_FREEBIND: Final = 78
"""Of linux/in.h and linux/in6.h: the address of a bridge may come later than the service."""
SECONDS: Final = 10
"""A device that is slower than this to say what it wants is not waited for."""
AT_ONCE, AT_ONCE_EACH = 32, 6
MAX_BODY: Final = 500


class Server(ThreadingHTTPServer):
    """One address of the gateway; a device has a few connections at a time, all have some."""

    daemon_threads = True
    request_queue_size = 32
    _all: ClassVar[Counter[str]] = Counter()
    _turn: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, address: str, settings: Settings, shown: Page, door: Path) -> None:
        self.six = ipaddress.ip_address(address).version == 6
        self.address_family = socket.AF_INET6 if self.six else socket.AF_INET
        self.settings, self.shown, self.door = settings, shown, door
        self.own = f"[{address}]" if self.six else address
        super().__init__((address, shown.port), Handler)

    def server_bind(self) -> None:
        """Bind before the address is there."""
        if self.six:
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.own, self.shown.port

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Tell whether there is room for one more connection of a device."""
        with self._turn:
            return self._all[client_address[0]] < AT_ONCE_EACH and self._all.total() < AT_ONCE

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and count it while it lasts."""
        with self._turn:
            self._all[client_address[0]] += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._turn:
                self._all.subtract([client_address[0]])
                if not self._all[client_address[0]]:
                    del self._all[client_address[0]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a device that went away in the middle of a word."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version, sys_version = "mairie", ""
    timeout = SECONDS

    def do_GET(self) -> None:
        """Show the page, or tell access points what the switch says."""
        if self.path == STATE_PATH and self.headers.get("Host") == self.server.own:
            self._tell()
        elif self._meant():
            self._show()

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page."""
        self.do_GET()

    def do_POST(self) -> None:
        """Ask the switch, or say why not."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        if not self._meant():
            return
        if self.headers.get("Origin") not in (None, "null", f"http://{self.server.own}"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        minutes = fields.get("minutes", [""])[0]
        try:
            ask(
                self.server.door,
                do="off" if fields.get("do") == ["off"] else "on",
                minutes=int(minutes) if minutes.isdecimal() and len(minutes) < 5 else None,
                code=fields.get("code", [""])[0],
                device=str(self.client_address[0]),
            )
        except RefusedError as error:
            self._show(str(error))
            return
        self._lead(HTTPStatus.SEE_OTHER)

    def _meant(self) -> bool:
        """Tell whether this page was asked for, by its own address; if not, lead to it."""
        here = urlsplit(self.path).path == "/" and self.headers.get("Host") == self.server.own
        if not here:
            self._lead(HTTPStatus.FOUND)
        return here

    def _tell(self) -> None:
        try:
            seconds = ask(self.server.door, do="status")["seconds"]
        except RefusedError:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._answer(json.dumps({"seconds": seconds}), "application/json")

    def _show(self, said: str = "") -> None:
        shown, settings = self.server.shown, self.server.settings
        try:
            standing = ask(self.server.door, do="status")
        except RefusedError as error:
            standing, said = {}, said or str(error)
        places = (shown.commune, shown.site)
        text = page(places, settings.minutes, settings.longest, standing, said)
        self._answer(text, "text/html")

    def _answer(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _lead(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self._headers()
        self.send_header("Location", f"http://{self.server.own}/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def log_message(self, *_: Any) -> None:
        """Write nothing: the switch writes down what matters."""
