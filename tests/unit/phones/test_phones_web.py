"""The desk over HTTPS, with a certificate as a telephone host has it."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mairie.secrets.phone_certificates import AUTHORITY, CERTIFICATE, KEY, new_certificate
from mairie_phones.desk import INVITATION
from mairie_phones.web import Server, context
from tests.unit.phones.conftest import INSIDE, ONE, SECRET, TABLET, TWO, World


@pytest.fixture(scope="module")
def pems() -> dict[str, str]:
    today = datetime.now(UTC).date()
    return new_certificate("Rapa", "Syndicat", "box.mairie.rapa.example", "127.0.0.1", today=today)


@pytest.fixture
def server(world: World, pems: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(pems[CERTIFICATE] + pems[AUTHORITY])
    key.write_text(pems[KEY])
    made = Server(world.settings, world.desk, context(certificate, key))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def ask(
    server: Server, pems: dict[str, str], name: str, method: str = "GET", source: str = "127.0.0.1"
) -> tuple[int, bytes]:
    """Ask as a phone does that knows the authority."""
    trusted = ssl.create_default_context(cadata=pems[AUTHORITY])
    link = http.client.HTTPSConnection(
        "127.0.0.1",
        server.socket.getsockname()[1],
        context=trusted,
        timeout=5,
        source_address=(source, 0),
    )
    try:
        link.request(method, name)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def test_a_phone_that_knows_the_authority_gets_its_file_once(
    server: Server, pems: dict[str, str]
) -> None:
    assert ask(server, pems, f"/{ONE.file}") == (200, SECRET)
    status, said = ask(server, pems, f"/{ONE.file}")
    assert status == 403 and SECRET not in said
    assert ask(server, pems, f"/{TWO.file}", source="127.0.0.2") == (200, SECRET)


def test_only_questions_are_answered(server: Server, pems: dict[str, str]) -> None:
    for method in ("HEAD", "POST"):
        assert ask(server, pems, f"/{ONE.file}", method)[0] == 405
    assert ask(server, pems, f"/{ONE.file}?x=1") == (200, SECRET)


def test_a_connection_that_says_nothing_keeps_nobody_waiting(
    server: Server, pems: dict[str, str]
) -> None:
    address = server.socket.getsockname()
    with socket.create_connection(address), socket.create_connection(address) as wrong:
        wrong.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert ask(server, pems, f"/{ONE.file}") == (200, SECRET)


def test_what_cannot_be_read_is_no_secret(
    world: World, server: Server, pems: dict[str, str]
) -> None:
    (world.state / "phones.json").write_text("{")
    assert ask(server, pems, f"/{ONE.file}")[0] == 503


def in_the_clear(
    server: Server, name: str, headers: dict[str, str], source: str = INSIDE
) -> tuple[int, bytes, str]:
    """Ask over HTTP; return status, content and its kind."""
    port = server.socket.getsockname()[1]
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5, source_address=(source, 0))
    try:
        link.request("GET", name, headers=headers)
        answer = link.getresponse()
        return answer.status, answer.read(), answer.headers["Content-Type"]
    finally:
        link.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Linphone-Provisioning": "1"},
        {"User-Agent": "LinphoneiOS/5.2 (iPhone) LinphoneSDK/5.3"},
    ],
)
def test_linphone_brings_its_invitation_in_the_clear_and_a_browser_does_not_use_it_up(
    world: World, server: Server, headers: dict[str, str]
) -> None:
    name = f"/{INVITATION}{world.desk.invite(TABLET, 5, '')}"
    status, said, _ = in_the_clear(server, name, {"User-Agent": "Mozilla/5.0"})
    assert status == 403
    assert "À lire par Linphone" in said.decode()
    assert in_the_clear(server, name, headers) == (200, SECRET, "text/xml")
    assert in_the_clear(server, name, headers)[0] == 403


def test_in_the_clear_no_phone_gets_its_file(server: Server, pems: dict[str, str]) -> None:
    status, said, _ = in_the_clear(server, f"/{ONE.file}", {}, ONE.address)
    assert status == 403 and SECRET not in said
    assert ask(server, pems, f"/{ONE.file}") == (200, SECRET)


def test_an_invitation_is_also_taken_over_tls(
    world: World, server: Server, pems: dict[str, str]
) -> None:
    """From whoever was told of the authority already."""
    name = f"/{INVITATION}{world.desk.invite(TABLET, 5, '')}"
    trusted = ssl.create_default_context(cadata=pems[AUTHORITY])
    link = http.client.HTTPSConnection(
        "127.0.0.1", server.socket.getsockname()[1], context=trusted, source_address=(INSIDE, 0)
    )
    link.request("GET", name, headers={"X-Linphone-Provisioning": "1"})
    assert link.getresponse().read() == SECRET
    link.close()
