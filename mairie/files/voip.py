"""Files of the brick voip: Asterisk's whole configuration, tried before it is given to Asterisk.

The files are placed in CANDIDATE; ``apply-voip`` lets Asterisk itself read them all in a private
place and, when it finds nothing wrong, puts them into LIVE: what starts is what was tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from mairie.dialplan import (
    class_contexts,
    emergency_callers,
    emergency_exits,
    incoming_numbers,
    national,
    open_spans,
    ordinary_channels,
    spoken,
    trunk_prefix,
)
from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.nftables import telephony
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import (
    SIP_PORT,
    SIPS_PORT,
    VOICEMAIL,
    ExchangePlan,
    Extension,
    Trunk,
    VoipPlan,
)

CANDIDATE = "/etc/mairie/voip"
LIVE = "/etc/asterisk"
"""All that Asterisk reads; nothing else is left in it."""
ENCODED = ".b64"
"""Ending of a placed file whose bytes are in base64: a recording."""
ACCOUNT = "asterisk"
SERVICE = "asterisk.service"
PACKAGE = "asterisk"
OLDEST = "1:22.10.1+dfsg+~cs6.17.60671434-1~mairie3"
"""The first version of it that has every module that is loaded."""
HELPERS = "/usr/local/libexec/mairie"
APPLY = f"{HELPERS}/apply-voip"
KEEP = f"{HELPERS}/keep-calls"
CALLS = "/usr/local/sbin/mairie-calls"
"""Program that says who is on the telephone, and who was."""
CALLS_SETTINGS = "/etc/mairie/calls.json"
UNITS = "/etc/systemd/system"
KEEP_SERVICE = "mairie-calls-keep.service"
KEEP_TIMER = "mairie-calls-keep.timer"
GUARD_PACKAGE = "fail2ban"
GUARD_SERVICE = "fail2ban.service"
JAIL = "mairie-telephony"
FAIL2BAN = "/etc/fail2ban"
RUN = "/run/asterisk"
LOGS = "/var/log/asterisk"
MESSAGES = f"{LOGS}/messages.log"
SECURITY = f"{LOGS}/security.log"
RECORDS = f"{LOGS}/cdr-custom"
"""Call records: ``calls.csv`` of today, and one file for each day before it."""
SPOOL = "/var/spool/asterisk"
OUTBOX = f"{SPOOL}/mail"
"""Messages that are also sent by mail, a file each, until brick mail has sent them."""
FAXES = f"{SPOOL}/fax"
"""Faxes, a file each, until brick mail has sent them."""
HAND_OVER = f"{HELPERS}/keep-message"
ASTERISK_STATE = "/var/lib/asterisk"
LANGUAGE = "fr_CA_f_June"
"""Of announcements: Debian's French prompts for Asterisk."""
SOUNDS = "/usr/share/asterisk/sounds"
LOG_DAYS = 30
"""Messages and security events are kept so long, and no longer: they hold addresses."""
CALL_BACK_S = 4 * 3600
"""So long an emergency centre that calls back reaches the phone that called it."""
TLS = "/etc/mairie/voip-tls"
CERTIFICATE = f"{TLS}/certificate.pem"
KEY = f"{TLS}/key.pem"
AUTHORITIES = f"{TLS}/authorities.pem"
"""Read when Asterisk starts, like the transports."""
PUBLIC_PACKAGE = "ca-certificates"
PUBLIC_AUTHORITIES = "/etc/ssl/certs"
"""Those that Debian knows, by hash of their names."""
RESTART = ("asterisk.conf", "modules.conf", "pjsip_transports.conf")
"""What Asterisk reads only when it starts."""
RESTART_WHEN_IDLE = "timeout 3 asterisk -rx 'core restart when convenient' || [ $? -eq 124 ]"
"""Asterisk answers when it restarts; it waits for the end of calls without whoever asked."""

OUTSIDE = (
    "outbound_registration|sending [A-Z]+ request|not resolve|Unable to resolve|during operation"
    "|getaddrinfo|adding resolution results|object of type .identify."
    "|queue reached [0-9]+ scheduled tasks|pjsip_transport_events"
)
"""Faults of the network, of others, and of the order in which pjproject's threads start, not of the
configuration: an extended regular expression. The last two: many phones on a machine that is busy;
who shows a certificate that is refused, which VOI-23 says. Three before: an operator's name, which
nobody answers where the configuration is tried."""

MODULES = (
    # before everything else: settings of SIP come through sorcery, time from timerfd
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_timing_timerfd",
    "res_pjproject",
    "res_musiconhold",
    "res_parking",
    "res_security_log",
    "res_srtp",
    "res_rtp_asterisk",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_outbound_publish",
    "res_pjsip_acl",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dlg_options",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_exten_state",
    "res_pjsip_header_funcs",
    "res_pjsip_logger",
    "res_pjsip_mwi",
    "res_pjsip_mwi_body_generator",
    "res_pjsip_nat",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_pidf_body_generator",
    "res_pjsip_dialog_info_body_generator",
    "res_pjsip_refer",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "chan_pjsip",
    "bridge_builtin_features",
    "bridge_builtin_interval_features",
    "bridge_holding",
    "bridge_native_rtp",
    "bridge_simple",
    "codec_alaw",
    "codec_g722",
    "codec_gsm",
    "res_format_attr_opus",
    "codec_opus_open_source",
    "codec_resample",
    "codec_ulaw",
    "format_gsm",
    "format_pcm",
    "format_sln",
    "format_wav",
    "app_dial",
    "app_directed_pickup",
    "app_echo",
    "app_originate",
    "app_playback",
    "app_queue",
    "app_softhangup",
    "app_stack",
    "app_voicemail",
    "res_cdrel_custom",
    "cdr_custom",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_cut",
    "func_db",
    "func_devstate",
    "func_dialplan",
    "func_groupcount",
    "func_lock",
    "func_logic",
    "func_math",
    "func_strings",
    "func_timeout",
    "pbx_config",
)
"""All that Asterisk loads, in order; what one of them needs comes by itself, or before it."""
OF_FAXES = ("res_fax", "res_fax_spandsp", "res_pjsip_t38")
"""What faxes need beside these, where a commune receives some."""
EMPTY = (
    "ccss.conf",
    "cel.conf",
    "cli_permissions.conf",
    "codecs.conf",
    "dnsmgr.conf",
    "dsp.conf",
    "extconfig.conf",
    "http.conf",
    "manager.conf",
    "pjproject.conf",
    "sorcery.conf",
    "stasis.conf",
)
"""Files that Asterisk's core looks for; what they would switch on is off without a word."""


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where there are no telephones."""
    at = plan.voip or plan.exchange
    if at is None:
        return ()
    guard = _guard(plan.voip) if plan.voip is not None else ()
    return (
        *tls_files(plan),
        *_configuration(plan, at),
        *_programs(at),
        *guard,
        *_hand_over(plan),
    )


def guard_files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return the files that fail2ban and its unit read."""
    folders = (f"{FAIL2BAN}/", f"{UNITS}/{GUARD_SERVICE}.d/")
    return tuple(file for file in files(plan) if file.path.startswith(folders))


def certificate_files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return what Asterisk shows phones that speak TLS; none where phones have no certificate."""
    if plan.voip is None or not plan.voip.certificate:
        return ()
    return tuple(
        TemplateFile(path=path, mode="640", group=ACCOUNT, secret=True)
        for path in (CERTIFICATE, KEY)
    )


def authority_files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return the authorities of operators that no public one vouches for; none without such."""
    known = [each.authority for each in _over_tls(plan.voip) if each.authority]
    if not known:
        return ()
    context = {"authorities": tuple(dict.fromkeys(known))}
    return (TemplateFile(path=AUTHORITIES, mode="640", group=ACCOUNT, context=context),)


def tls_files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return what Asterisk reads to speak TLS, and only when it starts."""
    return (*certificate_files(plan), *authority_files(plan))


def trusts_public(plan: HostPlan) -> bool:
    """Whether an operator proves who it is by a public authority."""
    return any(not each.authority for each in _over_tls(plan.voip))


def loaded(plan: HostPlan) -> tuple[str, ...]:
    """Return all that Asterisk loads on this host, in order."""
    faxes = plan.voip.faxes if plan.voip is not None else ()
    return (*MODULES, *(OF_FAXES if faxes else ()))


def spools(plan: HostPlan) -> tuple[str, ...]:
    """Return the folders in which what brick mail sends waits for it."""
    if plan.mail is None or plan.voip is None:
        return ()
    return (OUTBOX, *((FAXES,) if plan.voip.faxes else ()))


def candidate_of(name: str) -> str:
    """Return the path at which a file of Asterisk's is placed."""
    return f"{CANDIDATE}/{name}"


def live_of(path: str) -> str:
    """Return the path from which Asterisk reads a file that is placed at ``path``."""
    return f"{LIVE}/{PurePosixPath(path).name.removesuffix(ENCODED)}"


def recording_of(name: str) -> str:
    """Return how the dial plan names a recording of the town hall: its path, without ``.alaw``."""
    return f"{LIVE}/{name}"


def configuration_files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return the files that Asterisk reads."""
    return tuple(file for file in files(plan) if file.path.startswith(f"{CANDIDATE}/"))


def listens(plan: HostPlan) -> frozenset[tuple[str, str]]:
    """Return protocol and ``address:port`` of every socket on which Asterisk answers."""
    at = plan.voip or plan.exchange
    if at is None:
        return frozenset()
    return frozenset(
        ("tcp" if each["protocol"] == "tls" else each["protocol"], each["bind"])
        for each in transports(at)
    )


def transports(at: VoipPlan | ExchangePlan) -> list[dict[str, str]]:
    """Return the ways on which SIP comes and goes: the own address in IPv4 alone.

    Every phone, the hub and operators are called there; in IPv6 only who attacks would come.
    """
    wanted = [("udp", SIP_PORT), ("tcp", SIP_PORT)]
    if isinstance(at, VoipPlan) and (at.certificate or _over_tls(at)):
        wanted.append(("tls", SIPS_PORT))
    return [
        {"name": protocol, "protocol": protocol, "bind": f"{at.ipv4}:{port}"}
        for protocol, port in wanted
    ]


def names(at: VoipPlan | ExchangePlan) -> dict[str, str]:
    """Return what a person calls each number and each of Asterisk's endpoints."""
    if isinstance(at, ExchangePlan):
        return {each.commune: each.label for each in at.communes}
    return {
        **{f"trunk-{trunk.name}": trunk.label for trunk in at.trunks},
        **{f"*{each.code}": each.label for each in at.neighbours},
        "hub": "autres communes",
        **{number.number: number.label for number in at.emergency},
        **{group.number: group.label for group in at.groups},
        **({at.reception.number: "Accueil"} if at.reception else {}),
        **{each.number: each.label for each in at.extensions},
    }


def _over_tls(voip: VoipPlan | None) -> list[Trunk]:
    return [each for each in voip.trunks if each.transport == "tls"] if voip is not None else []


def phone_variables(extension: Extension, voip: VoipPlan) -> dict[str, str]:
    """Return what the dial plan knows of the phone that calls."""
    code = voip.country_code
    return {
        "EXT": extension.number,
        "LABEL": spoken(extension.label),
        "OUT_E164": extension.outgoing,
        "OUT_NATIONAL": national(extension.outgoing, code),
        "TRANSFERS": "tT",
    }


def _configuration(plan: HostPlan, at: VoipPlan | ExchangePlan) -> Iterator[TemplateFile]:
    """Yield Asterisk's files."""
    common: dict[str, Any] = {
        "account": ACCOUNT,
        "live": LIVE,
        "run": RUN,
        "logs": LOGS,
        "library": ASTERISK_STATE,
        "spool": SPOOL,
        "language": LANGUAGE,
        "modules": loaded(plan),
    }
    for name in ("asterisk.conf", "modules.conf", "logger.conf", "indications.conf"):
        yield _read(name, **common)
    yield from (_read(name, template="empty") for name in EMPTY)
    for name in ("acl.conf", "cli.conf"):
        yield _read(name, template="empty")
    yield _read("cdr.conf")
    yield _read("cdr_custom.conf")
    yield _read("rtp.conf", at=at)
    yield _read("features.conf")
    yield _read("res_parking.conf")
    yield _read("musiconhold.conf", sounds=f"{SOUNDS}/{LANGUAGE}")
    yield _read(
        "pjsip_transports.conf",
        transports=transports(at),
        certificate=CERTIFICATE if isinstance(at, VoipPlan) and at.certificate else "",
        key=KEY,
        authorities=AUTHORITIES if authority_files(plan) else "",
        public=PUBLIC_AUTHORITIES if trusts_public(plan) else "",
    )
    faxes = bool(plan.voip and plan.voip.faxes)
    yield _read("udptl.conf", template="" if faxes else "empty", at=at)
    if faxes:
        yield _read("res_fax.conf")
    if plan.voip is not None:
        yield from _commune(plan, plan.voip)
    elif plan.exchange is not None:
        exchange = plan.exchange
        yield _read("queues.conf", groups=())
        yield _read(
            "voicemail.conf", secret=True, extensions=(), timezone=plan.timezone, hand_over=""
        )
        yield _read("pjsip_secrets.conf", secret=True, extensions=(), trunks=())
        yield _read("pjsip.conf", template="pjsip-exchange.conf", exchange=exchange)
        yield _read("extensions.conf", template="extensions-exchange.conf", exchange=exchange)


def _commune(plan: HostPlan, voip: VoipPlan) -> Iterator[TemplateFile]:
    by_name = {each.name: each for each in voip.extensions}
    with_voicemail = [each for each in voip.extensions if each.voicemail]
    queues = [group for group in voip.groups if group.strategy == "queue"]
    reception = voip.reception
    contexts = class_contexts(voip)
    yield _read("queues.conf", groups=queues, by_name=by_name)
    yield _read(
        "voicemail.conf",
        secret=True,
        extensions=with_voicemail,
        timezone=plan.timezone,
        hand_over=HAND_OVER if plan.mail is not None else "",
        spoken=spoken,
    )
    yield _read("pjsip_secrets.conf", secret=True, extensions=voip.extensions, trunks=voip.trunks)
    yield _read(
        "pjsip.conf",
        voip=voip,
        language=LANGUAGE,
        variables={each.name: phone_variables(each, voip) for each in voip.extensions},
        spoken=spoken,
    )
    for each in voip.announcements:
        yield _read(
            f"{each.name}.alaw{ENCODED}", template="announcement.alaw.b64", sound=each.sound
        )
    yield _read("extensions_closed.conf", days=reception.closed if reception else ())
    yield _read(
        "extensions.conf",
        voip=voip,
        timezone=plan.timezone,
        by_name=by_name,
        exits=emergency_exits(voip),
        callers={each.number: emergency_callers(each, voip) for each in voip.extensions},
        spans=open_spans(reception) if reception else (),
        contexts=contexts,
        classes=tuple(dict.fromkeys(each for known in contexts.values() for each in known)),
        ordinary_channels=ordinary_channels,
        national=national,
        trunk_prefix=trunk_prefix(voip.country_code),
        incoming=incoming_numbers(voip),
        recording_of=recording_of,
        call_back=CALL_BACK_S,
        faxes=FAXES,
        spoken=spoken,
    )


def _hand_over(plan: HostPlan) -> Iterator[TemplateFile]:
    if plan.mail is not None:
        yield TemplateFile(path=HAND_OVER, mode="755", check=SHELL, context={"outbox": OUTBOX})


def _programs(at: VoipPlan | ExchangePlan) -> Iterator[TemplateFile]:
    yield TemplateFile(
        path=APPLY,
        mode="755",
        check=SHELL,
        context={
            "candidate": CANDIDATE,
            "live": LIVE,
            "encoded": ENCODED,
            "account": ACCOUNT,
            "service": SERVICE,
            "restart": " ".join(RESTART),
            "messages": VOICEMAIL,
            "restart_when_idle": RESTART_WHEN_IDLE,
            "outside": OUTSIDE,
        },
    )
    yield TemplateFile(
        path=KEEP,
        mode="755",
        check=SHELL,
        context={
            "records": RECORDS,
            "logs": LOGS,
            "days": at.records_days,
            "log_days": LOG_DAYS,
            "call_back": CALL_BACK_S,
            "account": ACCOUNT,
        },
    )
    yield from modules("voip", "mairie_calls/*.py")
    yield TemplateFile(path=CALLS, mode="755", check=SHELL, context={"library": LIBRARY})
    yield TemplateFile(
        path=CALLS_SETTINGS,
        mode="600",
        check=JSON,
        context={"settings": {"records": RECORDS, "names": names(at)}},
    )
    units = {"program": KEEP, "logs": LOGS, "records": RECORDS, "run": RUN, "service": SERVICE}
    for name in (KEEP_SERVICE, KEEP_TIMER):
        yield TemplateFile(path=f"{UNITS}/{name}", check=VERIFY, context=units)


def _guard(voip: VoipPlan) -> Iterator[TemplateFile]:
    """Yield what makes fail2ban hold addresses that guess passwords, and do nothing else."""
    context = {
        "guard": voip.guard,
        "security": SECURITY,
        "logs": LOGS,
        "service": SERVICE,
        "account": ACCOUNT,
        "held": telephony.HELD,
        "marker": telephony.MARKER,
    }
    for name in (
        "fail2ban.local",
        f"filter.d/{JAIL}.conf",
        f"action.d/{JAIL}.conf",
        "jail.d/mairie.local",
    ):
        yield TemplateFile(path=f"{FAIL2BAN}/{name}", context=context)
    yield TemplateFile(path=f"{UNITS}/{GUARD_SERVICE}.d/mairie.conf", context=context)


def _read(name: str, *, template: str = "", secret: bool = False, **context: Any) -> TemplateFile:
    """Return a file that Asterisk reads and nobody else: it says who calls whom."""
    return TemplateFile(
        path=candidate_of(name),
        template=f"etc/asterisk/{template or name}.j2",
        mode="640",
        group=ACCOUNT,
        secret=secret,
        context=context,
    )
