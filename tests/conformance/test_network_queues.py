"""Controls of brick ``network``: where packets wait that leave a gateway.

What tc says is read here again, not by the program that sets it.
"""

from typing import Any

from mairie.files import network as table
from mairie.host.control import control
from mairie.host.probe import CannotLookError, Probe, as_json
from mairie.plan.host import HostPlan
from mairie.plan.parts.queueing import Queue

QDISCS = "tc -json qdisc show"
KIND = "unshare --net tc qdisc add dev lo root cake"
"""Succeeds where the kernel has cake(8); in a network namespace of its own, which then ends."""
ROUTES = "ip -json -4 route show default"
TOLERANCE = 0.02
"""Of rates: programs round them to bytes."""


def queues(plan: HostPlan) -> tuple[Queue, ...]:
    """Return the queues of this host, whichever uplink is in use."""
    return plan.network.queueing.queues if plan.network.queueing else ()


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that several controls read."""
    if queues(plan):
        probe.start([QDISCS, KIND])


def in_use(plan: HostPlan, probe: Probe) -> str:
    """Return the port of the uplink that carries traffic; without a route, the preferred one."""
    ports = [item.port for item in plan.network.uplinks]
    routes = [route for route in as_json(probe(ROUTES)) if route.get("dev") in ports]
    best = min(routes, key=lambda route: route.get("metric", 0), default={"dev": ports[0]})
    return str(best["dev"])


def root(probe: Probe, interface: str) -> dict[str, Any]:
    """Return the queue that an interface sends through."""
    found = [item for item in as_json(probe(QDISCS)) if item.get("dev") == interface]
    assert found, f"l'interface {interface} n'existe pas"
    return next((item for item in found if item.get("root")), {"kind": "noqueue", "options": {}})


def rates(probe: Probe, interface: str) -> dict[str, tuple[int, int]]:
    """Return what each class of htb may send for sure and at most, bit/s."""
    listed = as_json(probe(f"tc -json class show dev {interface}"))
    return {
        item["handle"]: (8 * item["rate"], 8 * item["ceil"])
        for item in listed
        if item["class"] == "htb"
    }


def is_near(found: int, wanted: int) -> bool:
    """Whether a rate is the one that was asked for."""
    return abs(found - wanted) <= TOLERANCE * wanted


@control(
    "NET-80",
    title="Ce qui sort attend ici, au débit prévu, et non dans le modem du fournisseur",
    reason="Une file qui se forme ailleurs retarde les appels derrière une sauvegarde ; trop "
    "lente, elle gâche l'accès.",
    severity="medium",
    references=("RFC 7567",),
    each=lambda plan: plan.network.queueing.interfaces if plan.network.queueing else (),
)
def test_queue(subject: str, plan: HostPlan, probe: Probe) -> None:
    used = in_use(plan, probe)
    queue = next(
        item
        for item in queues(plan)
        if item.interface == subject and item.uplink in (subject, used)
    )
    found = root(probe, subject)
    kind = found["kind"]
    assert kind in ("cake", "htb"), f"{subject} n'a pas de file à nous : {kind}"
    if kind == "cake":
        rate = 8 * found["options"]["bandwidth"]
        classes = found["options"]["diffserv"]
        assert classes == "diffserv4", f"{subject} distingue : {classes}"
    else:
        held = rates(probe, subject)
        assert set(held) == {"1:1", "1:2", "1:3", "1:4"}, f"classes : {sorted(held)}"
        rate = held["1:1"][1]
        calls = held["1:4"][0]
        assert is_near(calls, queue.rate // 4), f"les appels ont {calls} bit/s d'assurés"
    said = f"{subject} envoie {rate} bit/s au lieu de {queue.rate}"
    assert is_near(rate, queue.rate), said


@control(
    "NET-81",
    title="La file est la meilleure que le noyau connaisse",
    reason="cake partage aussi entre les postes d'une même classe et garde les files courtes ; htb "
    "ne fait que ranger les classes.",
    severity="low",
    references=("RFC 7567", "RFC 8290"),
    applies=lambda plan: bool(queues(plan)),
)
def test_best_kind(plan: HostPlan, probe: Probe) -> None:
    tried = probe(KIND)
    has_cake = tried.ok
    if not has_cake and "unknown" not in tried.stderr:
        raise CannotLookError(f"le noyau ne dit pas s'il a cake : {tried.stderr.strip()}")
    ports = [item.port for item in plan.network.uplinks]
    kinds = {port: root(probe, port)["kind"] for port in ports}
    wanted = "cake" if has_cake else "htb"
    others = [f"{port} : {kind}" for port, kind in kinds.items() if kind != wanted]
    assert not others, f"le noyau connaît {wanted} ; {', '.join(others)}"


@control(
    "NET-82",
    title="Les files sont revues deux fois par minute",
    reason="Un lien qui revient n'a plus de file, et le tunnel change de débit avec l'accès.",
    severity="medium",
    applies=lambda plan: bool(queues(plan)),
)
def test_queues_looked_at(probe: Probe) -> None:
    service = table.QUEUES_SERVICE.rpartition("/")[2]
    shown = probe(f"systemctl show {service} -p Result --value").stdout.strip()
    assert shown == "success", f"{service} : {shown}"
    waits = probe(f"systemctl is-enabled {service}").stdout.strip()
    assert waits == "enabled", f"{service} ne suit pas le tunnel : {waits or 'absent'}"
