"""The page over HTTP, to the visitors' segment alone."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from mairie_portal.desk import Answer, Desk, Standing
from mairie_portal.page import POLICY, page
from mairie_portal.server import PageHandler, PageServer
from mairie_portal.settings import Settings


class Server(PageServer):
    """One address of the page."""

    at_once = 64

    def __init__(
        self, address: str, settings: Settings, desk: Desk, mac_of: Callable[[str, str], str]
    ) -> None:
        self.settings, self.desk, self.mac_of = settings, desk, mac_of
        super().__init__(address, settings.port, Handler)


class Handler(PageHandler):
    """One request."""

    server: Server
    max_body = 1000
    policy = POLICY

    def asked(self) -> None:
        """Show the page; whatever was looked for on the internet, lead to it."""
        if not self.is_meant():
            return
        mac = self._mac()
        self._show(self.server.desk.standing(mac) if mac else Standing(None))

    def told(self, fields: dict[str, list[str]]) -> None:
        """Open a session, or say why not."""
        mac = self._mac()
        if not mac:
            self._show(Standing(None), "nobody")
            return
        answer = self._ask(mac, fields)
        if answer == "opened":
            self.lead(f"/?lang={self._language()}", HTTPStatus.SEE_OTHER)
            return
        self._show(self.server.desk.standing(mac), answer)

    def _ask(self, mac: str, fields: dict[str, list[str]]) -> Answer:
        desk = self.server.desk
        if self.server.settings.mode == "voucher":
            return desk.redeem(mac, fields.get("code", [""])[0])
        return desk.accept(mac)

    def _mac(self) -> str:
        return self.server.mac_of(str(self.client_address[0]), self.server.settings.interface)

    def _language(self) -> str:
        wanted = parse_qs(urlsplit(self.path).query).get("lang", [""])[0]
        known = [each.code for each in self.server.settings.languages]
        return wanted if wanted in known else known[0]

    def _show(self, standing: Standing, answer: str = "") -> None:
        self.reply(page(self.server.settings, self._language(), standing, answer))
