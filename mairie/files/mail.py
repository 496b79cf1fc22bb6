"""Files of the brick mail: a queue that waits for the link, and what puts messages into it."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getsource
from pathlib import PurePosixPath
from typing import Any, Final

from mairie import attempts
from mairie.dialplan import national
from mairie.files import JSON, LIBRARY, PARSES, SHELL, VERIFY, TemplateFile, modules
from mairie.files.voip import (
    ACCOUNT,
    FAXES,
    HELPERS,
    JAIL,
    LOGS,
    OUTBOX,
    RECORDS,
    SECURITY,
    spools,
)
from mairie.nftables.telephony import FLOODERS, FLOODERS_IPV6, PREFIX
from mairie.plan.host import HostPlan
from mairie.plan.parts.mail import MailPlan
from mairie.plan.parts.voip import VOICEMAIL, VoipPlan

CONFIGURATION: Final = "/etc/postfix"
PASSWORD: Final = f"{CONFIGURATION}/relay_password"
SERVICE: Final = "postfix.service"
PORT: Final = 25
PROGRAM: Final = f"{HELPERS}/send-messages"
SETTINGS: Final = "/etc/mairie/messages.json"
UNITS: Final = "/etc/systemd/system"
WATCH: Final = "mairie-messages.path"
SENDER: Final = "mairie-messages.service"
ALERTS: Final = f"{HELPERS}/tell-alerts"
ALERTS_SETTINGS: Final = "/etc/mairie/alerts.json"
ALERTS_SERVICE: Final = "mairie-alerts.service"
ALERTS_TIMER: Final = "mairie-alerts.timer"
TRIED: Final = f"{LIBRARY}/mairie_messages/tried.py"
"""The module with which controls count attacks too."""
MESSAGE_BYTES: Final = 20_000_000
"""Of one mail: 180 s of sound that could not be compressed, or some hundred pages of fax."""
LONGEST_PAUSE_S: Final = 900
"""Between two tries of one message."""


def packages(plan: HostPlan) -> tuple[str, ...]:
    """Return what the brick installs: the queue, whom it trusts as a relay, and what converts."""
    faxes = plan.voip is not None and plan.voip.faxes
    queue = ("postfix", "libsasl2-modules", "ca-certificates")
    return (*queue, "lame", *(("libtiff-tools",) if faxes else ()))


def relay(mail: MailPlan) -> str:
    """Return the relay as Postfix writes it: its name, never that of another by its domain."""
    return f"[{mail.relay}]:{mail.port}"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where nothing is sent."""
    if plan.mail is None:
        return ()
    return (
        *queue_files(plan.mail),
        *modules("mail", "mairie_messages/*.py"),
        *_sender(plan, plan.mail),
        *_alerts(plan),
    )


def queue_files(mail: MailPlan) -> tuple[TemplateFile, ...]:
    """Return what Postfix reads."""
    return (
        TemplateFile(
            path=f"{CONFIGURATION}/main.cf",
            context={
                "relay": relay(mail),
                "password": PASSWORD,
                "message_bytes": MESSAGE_BYTES,
                "longest_pause": LONGEST_PAUSE_S,
            },
        ),
        TemplateFile(path=f"{CONFIGURATION}/master.cf"),
        TemplateFile(path=PASSWORD, mode="600", secret=True, context={"relay": relay(mail)}),
    )


def settings(plan: HostPlan, mail: MailPlan) -> dict[str, Any]:
    """Return what send-messages reads, as JSON types."""
    voip = plan.voip
    lines = voip.faxes if voip is not None else ()
    code = voip.country_code if voip is not None else ""
    return {
        "sender": mail.sender,
        "label": f"Mairie · {plan.place.commune_label}",
        "timezone": plan.timezone,
        "messages": OUTBOX,
        "faxes": FAXES,
        "lines": [
            {"name": line.name, "number": national(line.number, code), "mail": line.mail}
            for line in lines
        ],
        "port": PORT,
    }


def alert_settings(plan: HostPlan, voip: VoipPlan) -> dict[str, Any]:
    """Return what tell-alerts reads, as JSON types; the limits are those of the controls."""
    return {
        "commune": plan.place.commune_label,
        "logs": LOGS,
        "security": PurePosixPath(SECURITY).name,
        "records": RECORDS,
        "own": [voip.ipv4, voip.ipv6, "127.0.0.1"],
        "alert": voip.guard.alert,
        "burst": voip.guard.source_burst,
        "sets": {FLOODERS: "", FLOODERS_IPV6: f"/{PREFIX}"},
        "tag": JAIL,
    }


def _alerts(plan: HostPlan) -> Iterator[TemplateFile]:
    if plan.voip is None:
        return
    source = getsource(attempts)
    yield TemplateFile(path=TRIED, check=PARSES, context={"source": source})
    yield TemplateFile(
        path=ALERTS_SETTINGS,
        mode="600",
        check=JSON,
        context={"settings": alert_settings(plan, plan.voip)},
    )
    yield TemplateFile(path=ALERTS, mode="755", check=SHELL, context={"library": LIBRARY})
    context = {"program": ALERTS, "voicemail": VOICEMAIL, "account": ACCOUNT}
    for name in (ALERTS_SERVICE, ALERTS_TIMER):
        yield TemplateFile(path=f"{UNITS}/{name}", check=VERIFY, context=context)


def _sender(plan: HostPlan, mail: MailPlan) -> Iterator[TemplateFile]:
    folders = spools(plan)
    endings = {OUTBOX: "eml", FAXES: "tif"}
    yield TemplateFile(
        path=SETTINGS,
        mode="640",
        group=ACCOUNT,
        check=JSON,
        context={"settings": settings(plan, mail)},
    )
    yield TemplateFile(path=PROGRAM, mode="755", check=SHELL, context={"library": LIBRARY})
    yield TemplateFile(
        path=f"{UNITS}/{SENDER}",
        check=VERIFY,
        context={
            "account": ACCOUNT,
            "program": PROGRAM,
            "folders": " ".join(folders),
            "voicemail": VOICEMAIL,
        },
    )
    yield TemplateFile(
        path=f"{UNITS}/{WATCH}",
        check=VERIFY,
        context={"waiting": [f"{folder}/*.{endings[folder]}" for folder in folders]},
    )
