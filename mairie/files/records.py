"""Files of the brick records: one program, its settings, the service and the daily timer."""

from __future__ import annotations

from typing import Any

import msgspec

from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.files.network import NETWORKD
from mairie.plan.host import HostPlan
from mairie.plan.parts.records import RecordsPlan

PACKAGE = "mairie_records"
SETTINGS = "/etc/mairie/records.json"
COMMAND = "/usr/local/sbin/mairie-records"
FOLDER = "/var/lib/mairie/records"
"""A file a day, for root alone, and in no backup."""
LOG = "/var/lib/mairie/records-log"
"""Digests of days, and who asked for what: without these, root could rewrite a year unseen."""
STATE = "/run/mairie-records/state.json"
UNITS = "/etc/systemd/system"
SERVICE = "mairie-records.service"
KEEP = "mairie-records-keep.service"
TIMER = "mairie-records-keep.timer"
HOLD = "/etc/mairie/hold.d/records"
"""Says whether days are left: a site that no longer has visitors still has last year's."""
PACKAGES = ("conntrack", "openssh-client")


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where there are no visitors."""
    records = plan.records
    if records is None:
        return ()
    limits = {
        "command": COMMAND,
        "folder": FOLDER,
        "log": LOG,
        "memory_bytes": records.memory_bytes,
        "cpu_percent": records.cpu_percent,
    }
    return (
        *modules("records", f"{PACKAGE}/*.py"),
        TemplateFile(path=COMMAND, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(path=SETTINGS, check=JSON, context={"settings": host_settings(plan, records)}),
        TemplateFile(path=HOLD, mode="755", check=SHELL, context={"folder": FOLDER}),
        TemplateFile(
            path=f"{UNITS}/{SERVICE}",
            check=VERIFY,
            context={**limits, "network": f"{NETWORKD}/40-{records.interface}.network"},
        ),
        TemplateFile(path=f"{UNITS}/{KEEP}", check=VERIFY, context=limits),
        TemplateFile(path=f"{UNITS}/{TIMER}", check=VERIFY),
    )


def host_settings(plan: HostPlan, records: RecordsPlan) -> dict[str, Any]:
    """Return what mairie-records reads, as JSON types."""
    return {
        "host": plan.name,
        "label": f"{plan.place.commune_label} · {plan.place.site_label}",
        "interface": records.interface,
        "ipv4": records.prefix_ipv4,
        "ipv6": records.prefix_ipv6,
        "periods": msgspec.to_builtins(records.periods),
        "day_bytes": records.day_bytes,
        "source_bytes": records.source_bytes,
    }
