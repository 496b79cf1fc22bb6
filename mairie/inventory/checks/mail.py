"""Mail out of communes: a relay for those who send, and a port that the firewall lets out."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune
from mairie.model.mail import MAIL, Mail
from mairie.model.reference import Reference
from mairie.plan.firewall import parse_ports

WRITE = (
    'write mail: with relay, username and from in syndicate.yaml, or remove "mail" here: nothing '
    "else can send it"
)


def problems(facts: Facts) -> Iterator[Problem]:
    """Yield messages that nobody would send."""
    syndicate = facts.syndicate
    if syndicate is None:
        return
    shut = False
    for stem, commune in facts.communes.items():
        senders = list(_senders(commune))
        if syndicate.mail is None:
            for path in senders:
                yield facts.sources.in_commune(stem, path, f"the syndicate has no relay; {WRITE}")
        elif senders and not shut:
            reference = facts.reference(stem, ["server"]).model
            shut = reference is not None and not _let_out(reference, syndicate.mail)
            if shut:
                yield facts.sources.in_syndicate(
                    ("mail", "port"),
                    f"the firewall does not let tcp/{syndicate.mail.port} out: no flow from "
                    f'"{MAIL}" to "internet" has it; add it to services.submission in group_data/ '
                    "or overrides",
                )


def _senders(commune: Commune) -> Iterator[Key]:
    for name, phone in commune.phones.items():
        if phone.mail is not None:
            yield ("phones", name, "mail")
    for name in commune.telephony.faxes if commune.telephony is not None else ():
        yield ("telephony", "faxes", name, "mail")


def _let_out(reference: Reference, mail: Mail) -> bool:
    for flow in reference.flows.values():
        if (flow.source, flow.destination) != (MAIL, "internet"):
            continue
        if any(service not in reference.services for service in flow.services):
            continue  # a check of its own says so
        ports = parse_ports(reference.services, flow.services)
        if not ports or any(
            span.protocol == "tcp" and span.first <= mail.port <= span.last for span in ports
        ):
            return True
    return False
