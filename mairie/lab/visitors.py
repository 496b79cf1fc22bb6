"""A visitor's device in the lab meets the portal as a person does, and accepts."""

from __future__ import annotations

from mairie.files.portal import PROGRAM
from mairie.lab.clients import Nodes
from mairie.lab.errors import LabError
from mairie.lab.internet import HOST_IPV4
from mairie.lab.topology import Client
from mairie.plan.host import HostPlan

FORM = "/srv/visitor/form"


def is_visitor(client: Client, plan: HostPlan) -> bool:
    """Whether a device meets a portal before the internet."""
    return plan.portal is not None and plan.portal.interface == f"br-{client.segment}"


def voucher(lab: Nodes, gateway: str, hours: int = 24) -> str:
    """Have a gateway make a code, as whoever receives visitors does; return it."""
    return lab.check(gateway, [PROGRAM, "new", "--hours", str(hours)]).split("\t")[1]


def led_to(lab: Nodes, name: str, address: str = HOST_IPV4) -> str:
    """Return where a device is led that asks for a page on the internet; empty when nowhere."""
    host = f"[{address}]" if ":" in address else address
    asked = ["curl", "-s", "-m", "3", "-o", "/dev/null", "-w", "%{redirect_url}"]
    return lab.exec(name, [*asked, f"http://{host}/"]).stdout.strip()


def post(lab: Nodes, name: str, page: str, code: str = "") -> str:
    """Accept the terms on a page, with a code where one is asked for; return the HTTP status."""
    lab.put(name, {FORM: f"code={code}".encode()})
    sent = ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "--data", f"@{FORM}"]
    return lab.exec(name, [*sent, page]).stdout.strip()


def accept(lab: Nodes, client: Client, plan: HostPlan) -> None:
    """Look for a page on the internet, be led to the portal, and accept.

    Raises:
        LabError: no page came, or it did not let the device in.

    """
    if plan.portal is None:
        return
    code = voucher(lab, plan.name) if plan.portal.mode == "voucher" else ""
    # Who was let in already is led nowhere, and finds the page at the gateway's address.
    status = post(lab, client.name, led_to(lab, client.name) or f"http://{plan.portal.ipv4}/", code)
    if status != "303":
        raise LabError(
            f"{client.name} asked the portal of {plan.name} for the internet and was not let in "
            f"(HTTP {status}): see journalctl -u mairie-portal on {plan.name}."
        )
