"""A socket of this host through which the switch is told what to do, and by whom."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from mairie_lessons.codes import Code, PatienceError
from mairie_lessons.switch import Switch, Way, say

SECONDS = 10
LARGEST = 2000
ROOT = 0


class RefusedError(Exception):
    """The switch says no; the message says why, in French."""


class Door(socketserver.ThreadingUnixStreamServer):
    """Answers a line of JSON with a line of JSON: to root, and to the page, which needs a code."""

    daemon_threads = True

    def __init__(self, path: Path, switch: Switch, code: Code | None, page: int) -> None:
        """Open the door.

        Args:
            path: of the socket; it belongs to the group of this program, which is the page's.
            switch: what is told.
            code: of the teachers; None on an access point, which does what its gateway says.
            page: account of the page.

        """
        self.switch, self._code, self._page = switch, code, page
        self._turn = threading.Lock()
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Visit)
        path.chmod(0o660)

    def answer(self, uid: int, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what came of a request.

        Args:
            uid: account of who asks.
            asked: ``do`` is ``on``, ``off`` or ``status``; ``minutes`` and ``by`` go with ``on``;
                the page has ``code`` and ``device`` instead of ``by``.

        Raises:
            RefusedError: it may not be, or is not understood.

        """
        if uid not in (ROOT, self._page):
            raise RefusedError("Seul l'administrateur de la passerelle commande ainsi.")
        if self._code is None and asked.get("do") != "status":
            raise RefusedError("Ce point d'accès suit la passerelle de son site : commandez-la.")
        way: Way = "commande" if uid == ROOT else "page"
        if way == "page" and asked.get("do") != "status":
            self._check(str(asked.get("code") or ""), str(asked.get("device") or ""))
        by = str(asked.get("by") or "")[:80] if way == "commande" else ""
        minutes = asked.get("minutes")
        if minutes is not None and type(minutes) is not int:
            raise RefusedError("La durée est un nombre de minutes.")
        try:
            match asked.get("do"):
                case "on":
                    standing = self.switch.on(way, by, minutes)
                case "off":
                    standing = self.switch.off(way, by)
                case "status":
                    standing = self.switch.settle()
                case _:
                    raise RefusedError("Demande inconnue.")
        except ValueError as error:
            raise RefusedError(str(error)) from error
        except OSError as error:
            raise RefusedError(f"L'état ne s'écrit pas : {error}") from error
        return asdict(standing)

    def _check(self, code: str, device: str) -> None:
        with self._turn:
            try:
                fits = self._code is not None and self._code.fits(code, device)
            except PatienceError:
                raise RefusedError("Trop d'essais. Attendez une minute, puis réessayez.") from None
        if not fits:
            say("page : mauvais code", level=5)
            raise RefusedError("Ce code n'est pas le bon. Vérifiez les caractères.")


class _Visit(socketserver.StreamRequestHandler):
    server: Door
    timeout: ClassVar[int] = SECONDS

    def handle(self) -> None:
        """Answer one line."""
        credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        _, uid, _ = struct.unpack("3i", credentials)
        try:
            asked = json.loads(self.rfile.readline(LARGEST))
            said = self.server.answer(uid, asked)
        except RefusedError as error:
            said = {"refused": str(error)}
        except (OSError, ValueError, AttributeError):
            return
        self.wfile.write(json.dumps(said).encode() + b"\n")


def ask(path: Path, **asked: Any) -> dict[str, Any]:
    """Ask the switch of this host; return its answer.

    Raises:
        RefusedError: it says no, or is not there.

    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(3 * SECONDS)
        try:
            link.connect(str(path))
            link.sendall(json.dumps(asked).encode() + b"\n")
            with link.makefile("rb") as answer:
                said: dict[str, Any] = json.loads(answer.readline())
        except (OSError, ValueError) as error:
            raise RefusedError(f"L'interrupteur des classes ne répond pas ({error}).") from error
    if "refused" in said:
        raise RefusedError(said["refused"])
    return said
