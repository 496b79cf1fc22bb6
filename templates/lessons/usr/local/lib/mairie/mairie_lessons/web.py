"""The page over HTTP, to the classrooms' segment alone; it switches nothing without a code."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

from mairie_lessons.door import RefusedError, ask
from mairie_lessons.gateway import STATE_PATH
from mairie_lessons.page import POLICY, page
from mairie_lessons.server import PageHandler, PageServer
from mairie_lessons.settings import Page, Settings


class Server(PageServer):
    """One address of the page."""

    at_once = 32

    def __init__(self, address: str, settings: Settings, shown: Page, door: Path) -> None:
        self.settings, self.shown, self.door = settings, shown, door
        super().__init__(address, shown.port, Handler)


class Handler(PageHandler):
    """One request."""

    server: Server
    max_body = 500
    policy = POLICY

    def asked(self) -> None:
        """Show the page, or tell access points what the switch says."""
        if self.path == STATE_PATH and self.headers.get("Host") == self.server.own:
            self._tell()
        elif self.is_meant():
            self._show()

    def told(self, fields: dict[str, list[str]]) -> None:
        """Ask the switch, or say why not."""
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
        self.lead("/", HTTPStatus.SEE_OTHER)

    def _tell(self) -> None:
        try:
            seconds = ask(self.server.door, do="status")["seconds"]
        except RefusedError:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.reply(json.dumps({"seconds": seconds}), "application/json")

    def _show(self, said: str = "") -> None:
        shown, settings = self.server.shown, self.server.settings
        try:
            standing = ask(self.server.door, do="status")
        except RefusedError as error:
            standing, said = {}, said or str(error)
        places = (shown.commune, shown.site)
        self.reply(page(places, settings.minutes, settings.longest, standing, said))
