"""Controls of brick ``network``: names that some segments are not told."""

from ipaddress import ip_interface
from itertools import islice

from mairie.host import wire
from mairie.host.control import control
from mairie.host.looks.sockets import sockets
from mairie.host.probe import Probe
from mairie.plan.host import HostPlan
from mairie.plan.parts.network import NameFilter, SegmentInterface

NXDOMAIN = 3
TRIED = 3
"""Refused domains that are asked for: all of them stand in one file."""


def filter_of(plan: HostPlan) -> NameFilter:
    """Return the filter of a gateway."""
    assert plan.network.name_filter is not None
    return plan.network.name_filter


def filtered(plan: HostPlan) -> dict[str, SegmentInterface]:
    """Return the segments that are not told every name."""
    found = plan.network.name_filter
    return {
        item.segment: item
        for item in plan.network.segments
        if found is not None and item.bridge in found.interfaces
    }


def answered(item: SegmentInterface, plan: HostPlan, name: str) -> wire.DnsAnswer:
    """Return what the filter answers on a segment.

    Raises:
        AssertionError: nothing, which fails the control.

    """
    address = str(ip_interface(item.ipv4).ip)
    answer = wire.ask_dns(address, name, port=filter_of(plan).port)
    assert answer is not None, f"pas de réponse du filtre sur {address}"
    return answer


@control(
    "NET-47",
    title="Les noms des listes n'existent pas pour les segments filtrés, les autres oui",
    reason="La commune doit aux élèves un internet dont elle écarte ce qui n'est pas pour eux.",
    severity="high",
    references=("Code de l'éducation, art. L. 312-9",),
    each=filtered,
)
def test_refused(subject: SegmentInterface, plan: HostPlan) -> None:
    known = filter_of(plan)
    for domain in islice(known.refused, TRIED):
        for name in (domain, f"www.{domain}"):
            if name not in known.allowed:
                code = answered(subject, plan, name).code
                assert code == NXDOMAIN, f"{name} reçoit une réponse (code {code})"
    for engine in known.safe_search:
        found = answered(subject, plan, engine.names[0])
        wrong = [value for value in found.values if value not in (*engine.addresses, engine.target)]
        assert found.values and not wrong, f"{engine.names[0]} mène à {found.values}"
    assert plan.network.dns is not None
    record = plan.network.dns.records[0]
    found = answered(subject, plan, record.name)
    assert found.values == (record.ipv4,), f"{record.name} : {found.values or found.code}"


@control(
    "NET-48",
    title="Le filtre n'écoute que sur les segments filtrés",
    reason="Ailleurs, il refuserait leurs noms à d'autres, ou répondrait à qui n'a pas à demander.",
    severity="medium",
    references=("ANSSI hygiène 19", "RFC 5358"),
    applies=lambda plan: plan.network.name_filter is not None,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    port = filter_of(plan).port
    own = {
        f"[{each}]" if ":" in str(each) else str(each)
        for item in filtered(plan).values()
        for each in (ip_interface(item.ipv4).ip, ip_interface(item.ipv6).ip)
    }
    found = {
        item.local.rpartition(":")[0].partition("%")[0].strip("[]")
        for item in sockets(probe)
        if item.port == port
    }
    link_local = {host for host in found if host.startswith("fe80")}
    wanted = {host.strip("[]") for host in own}
    assert found - link_local == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"
