"""Files of the brick portal: the page, its program and its service."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.plan.host import HostPlan
from mairie.plan.parts.portal import PortalPlan

PROGRAM = "/usr/local/sbin/mairie-portal"
SETTINGS = "/etc/mairie/portal/portal.json"
SERVICE = "mairie-portal.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
STATE = "/var/lib/mairie-portal"
DATABASE = f"{STATE}/portal.sqlite"
ACCOUNT = "mairie-portal"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where visitors meet no page."""
    portal = plan.portal
    if portal is None:
        return ()
    return (
        *modules("portal", "mairie_portal/*.py"),
        TemplateFile(path=PROGRAM, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(
            path=SETTINGS,
            check=JSON,
            context={"settings": settings(plan, portal)},
        ),
        TemplateFile(
            path=UNIT,
            check=VERIFY,
            context={
                "account": ACCOUNT,
                "program": PROGRAM,
                "state": PurePosixPath(STATE).name,
            },
        ),
    )


def settings(plan: HostPlan, portal: PortalPlan) -> dict[str, Any]:
    """Return what the program reads."""
    return {
        "commune": plan.place.commune_label,
        "site": plan.place.site_label,
        "interface": portal.interface,
        "addresses": [portal.ipv4, portal.ipv6],
        "port": portal.port,
        "mode": portal.mode,
        "seconds": portal.session_seconds,
        "data_bytes": portal.data_bytes,
        "languages": [
            {"code": each.code, "language": each.language, "text": each.text}
            for each in portal.terms
        ],
    }
