"""The link on which a bundle is pushed: the receiver at its other end."""

from __future__ import annotations

import base64
import json
import zlib

import msgspec

from mairie.bundle import Bundle
from mairie.host.events import Order
from mairie.link import Link
from mairie.paths import PACKAGE
from mairie.transport import Transport


class Connection(Link):
    """One run of ssh, docker or sh, with the receiver at its other end.

    Args:
        transport: the way to the host.
        bundle: the one the host should have.
        order: what to do there.
        known_runtimes: digests of runtimes by platform.

    """

    def __init__(
        self, transport: Transport, bundle: Bundle, order: Order, known_runtimes: dict[str, str]
    ) -> None:
        request = {
            "runtimes": known_runtimes,
            "bundle": bundle.archive.digest,
            "module": "mairie.host.verify" if order.action == "verify" else "mairie.host.apply",
            "order": msgspec.to_builtins(order),
        }
        script = (PACKAGE / "host" / "bootstrap.sh").read_text()
        source = (PACKAGE / "host" / "receive.py").read_bytes()
        receiver = base64.b64encode(zlib.compress(source, 9)).decode()
        super().__init__(transport.argv(script, receiver, json.dumps(request)))
