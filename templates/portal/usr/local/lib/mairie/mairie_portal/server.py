"""A page over HTTP, from one address of the gateway to one segment: few connections, short words.

Kept once, in the portal's folder; the lessons' and the phones' are links to it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

IP_FREEBIND: Final = 15
IPV6_FREEBIND: Final = 78
"""Of linux/in.h and linux/in6.h: the address of a bridge may come later than the service."""
SECONDS: Final = 10
"""A device that is slower than this to say what it wants is not waited for."""
AT_ONCE_EACH: Final = 6


class PageServer(ThreadingHTTPServer):
    """One address of the gateway; a device has a few connections at a time, all have some."""

    daemon_threads = True
    at_once: ClassVar[int]
    """Connections of all devices together."""
    _all: ClassVar[Counter[str]] = Counter()
    _turn: ClassVar[threading.Lock] = threading.Lock()
    """Of both families together."""

    def __init__(self, address: str, port: int, handler: type[PageHandler]) -> None:
        """Listen at an address, be it there or not yet."""
        self.six = ipaddress.ip_address(address).version == 6
        self.address_family = socket.AF_INET6 if self.six else socket.AF_INET
        self.request_queue_size = self.at_once
        self.own = f"[{address}]" if self.six else address
        super().__init__((address, port), handler)

    def server_bind(self) -> None:
        """Bind before the address is there."""
        if self.six:
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.own, int(self.server_address[1])

    def verify_request(self, _request: Any, client_address: Any) -> bool:
        """Tell whether there is room for one more connection of a device."""
        with self._turn:
            return self._all[client_address[0]] < AT_ONCE_EACH and self._all.total() < self.at_once

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


class PageHandler(BaseHTTPRequestHandler, ABC):
    """One request; a page says what comes of it."""

    server: PageServer
    server_version, sys_version = "mairie", ""
    timeout = SECONDS
    max_body: ClassVar[int]
    """Bytes that a form may have."""
    policy: ClassVar[str]
    """Content-Security-Policy of each answer."""

    @abstractmethod
    def asked(self) -> None:
        """Answer whoever looks."""

    @abstractmethod
    def told(self, fields: dict[str, list[str]]) -> None:
        """Do what this page's own form says."""

    def do_GET(self) -> None:
        """Show the page."""
        self.asked()

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page."""
        self.asked()

    def do_POST(self) -> None:
        """Take a form that is short, for this page, and of this page."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > self.max_body:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        fields = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        if not self.is_meant():
            return
        if self.headers.get("Origin") not in (None, "null", f"http://{self.server.own}"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        self.told(fields)

    def is_meant(self) -> bool:
        """Tell whether this page was asked for, by its own address; if not, lead to it."""
        here = urlsplit(self.path).path == "/" and self.headers.get("Host") == self.server.own
        if not here:
            self.lead("/", HTTPStatus.FOUND)
        return here

    def reply(self, text: str, kind: str = "text/html") -> None:
        """Send a page, or another kind of text."""
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def lead(self, path: str, status: HTTPStatus) -> None:
        """Send the browser to a path of this page."""
        self.send_response(status)
        self._headers()
        self.send_header("Location", f"http://{self.server.own}{path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _headers(self) -> None:
        # Kept by nobody: a telephone must not take it for the page it was looking for.
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def log_message(self, *_: Any) -> None:
        """Write nothing: what people look for is nobody's business."""
