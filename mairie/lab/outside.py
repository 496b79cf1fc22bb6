"""The internet of the containers as a node of the QEMU machine, with cables to who needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mairie.lab import internet
from mairie.lab.namespaces import Namespaces
from mairie.plan.host import HostPlan


@dataclass(frozen=True)
class Cable:
    """From a provider to a port."""

    kind: str
    """Of the uplink: which provider."""
    port: str
    node: str = ""
    """Node that has the port; empty: the machine itself."""


def cables_of(gateway: HostPlan) -> list[Cable]:
    """Return a cable for every uplink of the host that the machine plays."""
    return [Cable(uplink.kind, uplink.port) for uplink in gateway.network.uplinks]


def lay(nodes: Namespaces, plans: Mapping[str, HostPlan], cables: Iterable[Cable]) -> None:
    """Lay cables from the node ``internet``, which runs already, and start what it offers.

    Raises:
        LabError: something does not start.

    """
    lines = [f"link add {item.port} type bridge" for item in internet.PROVIDERS]
    for cable in cables:
        lines += _cable(nodes, cable)
    nodes.ip(internet.NAME, lines)
    nodes.put(internet.NAME, internet.contents(plans), 0o755)
    nodes.check(internet.NAME, ["sh", "-e", internet.START])


def _cable(nodes: Namespaces, cable: Cable) -> Iterator[str]:
    end = f"to-{cable.port}-{'node' if cable.node else 'gw'}"
    pid = nodes.pid(cable.node) if cable.node else 1
    yield f"link add {end} type veth peer name {cable.port} netns {pid}"
    yield f"link set {end} master {internet.provider(cable.kind).port} up"
