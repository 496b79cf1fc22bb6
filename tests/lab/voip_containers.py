"""Containers for two communes' telephones: hosts with Asterisk, and machines for the phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from mairie.files import voip as table
from mairie.lab.building import ensure_asterisk, offer
from mairie.lab.containers import Lab, Node
from mairie.lab.engine import ensure_engine
from mairie.lab.fabric import Attachment
from mairie.lab.image import ensure_images
from tests.lab.voip_world import OPERATORS, SERVERS, World

Made = TypeVar("Made", bound=World)
HOSTS = (*SERVERS, *OPERATORS)


def start(
    lab: Lab,
    world: Made,
    *,
    others: tuple[str, ...] = (),
    packages: Mapping[str, str] | None = None,
) -> Made:
    """Boot the machines of a world on one flat network, and start it; return it.

    Args:
        lab: that the world is in.
        world: not started yet.
        others: machines beside those of the world.
        packages: host → what is installed there beside Asterisk, words.

    """
    offer(ensure_asterisk(print), ensure_images(ensure_engine(print)).packages)
    flat = (Attachment("eth0", "flat"),)
    machines = (*world.names, *others)
    lab.up([Node(name, "host" if name in HOSTS else "client", flat) for name in machines])
    for name in HOSTS:
        more = (packages or {}).get(name, "")
        install = f"apt-get install -qy --no-install-recommends {table.PACKAGE} {more}"
        lab.check(name, ["sh", "-ec", f"apt-get update -q; {install}"], timeout=300)
    world.start()
    return world
