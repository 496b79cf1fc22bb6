"""Files of the brick phones: what each phone is to read, and what gives it to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from mairie.dialplan import spoken
from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.plan.host import HostPlan
from mairie.plan.parts.phones import DeskPhone, PhoneClock, PhonesPlan, Program

PROGRAM: Final = "/usr/local/sbin/mairie-phones"
FOLDER: Final = "/etc/mairie/phones"
SETTINGS: Final = f"{FOLDER}/phones.json"
CERTIFICATE: Final = f"{FOLDER}/certificate.pem"
KEY: Final = f"{FOLDER}/key.pem"
FILES: Final = f"{FOLDER}/files"
AUTHORITY: Final = "authority.pem"
SHARED: Final = (AUTHORITY, "directory.xml", "phonebook.xml")
"""Without a secret: what to trust, and the directory as Yealink and Grandstream read it."""
ACCOUNT: Final = "mairie-phones"
SERVICE: Final = "mairie-phones.service"
UNIT: Final = f"/etc/systemd/system/{SERVICE}"
STATE: Final = "/var/lib/mairie-phones"
LOG: Final = f"{STATE}/log"
VOICEMAIL: Final = "*97"
"""What brings somebody to their own messages, as the brick voip has it."""
TEMPLATES: Final = {
    "yealink": "yealink.cfg",
    "snom": "snom.htm",
    "grandstream": "grandstream.xml",
}

LINPHONE: Final = "linphone.xml"
"""Template of what a program fetches."""

WORDS_OF_CODECS: Final = {"g722": "g722", "alaw": "pcma"}
"""As Yealink and Snom both write them."""
LINPHONE_CODECS: Final = {
    "opus": {"mime": "opus", "rate": 48000, "channels": 2, "recv_fmtp": "maxaveragebitrate=24000"},
    "g722": {"mime": "G722", "rate": 8000, "channels": 1},
    "alaw": {"mime": "PCMA", "rate": 8000, "channels": 1},
    "gsm": {"mime": "GSM", "rate": 8000, "channels": 1},
}
"""Rate and channels as SDP has them (RFC 7587, RFC 3551), what is sent being one channel of speech.
Without a limit, Linphone fills what it believes the network bears."""
PAYLOADS: Final = {"g722": 9, "alaw": 8}
"""RFC 3551, table 4."""
GRANDSTREAM_CHOICES: Final = ("P57", "P58", "P59", "P60", "P61", "P62")
TRANSPORTS: Final = {"udp": 0, "tcp": 1, "tls": 2}
"""As Yealink and Grandstream number them."""


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where no phone sets itself up."""
    phones = plan.phones
    if phones is None:
        return ()
    return (
        *modules("phones", "mairie_phones/*.py"),
        TemplateFile(path=PROGRAM, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(
            path=SETTINGS,
            mode="640",
            group=ACCOUNT,
            check=JSON,
            context={"settings": settings(phones)},
        ),
        _secret(CERTIFICATE),
        _secret(KEY),
        *_shared(phones),
        *(_phone_file(plan, phones, phone) for phone in phones.phones),
        *(_program_file(phones, program) for program in phones.programs),
        TemplateFile(
            path=UNIT,
            check=VERIFY,
            context={
                "account": ACCOUNT,
                "program": PROGRAM,
                "state": PurePosixPath(STATE).name,
                "port": phones.port,
            },
        ),
    )


def path_of(phone: DeskPhone | Program) -> str:
    """Return where a phone's file is."""
    return f"{FILES}/{phone.file}"


def settings(phones: PhonesPlan) -> dict[str, Any]:
    """Return what the program reads."""
    return {
        "address": phones.address,
        "port": phones.port,
        "invitations": phones.invitations,
        "phones": [
            {
                "name": phone.name,
                "number": phone.number,
                "mac": phone.mac,
                "address": phone.address,
                "file": phone.file,
            }
            for phone in phones.phones
        ],
        "programs": [
            {
                "name": program.name,
                "number": program.number,
                "file": program.file,
                "prefixes": program.prefixes,
            }
            for program in phones.programs
        ],
        "shared": SHARED,
    }


def posix_zone(clock: PhoneClock) -> str:
    """Return a time zone as POSIX writes it (``TZ``), west of UTC counted positive."""
    winter = f"LOC{_hours(-clock.offset_minutes)}"
    summer = f"{winter}LOS{_hours(-clock.offset_minutes - 60)}"
    return {
        "": winter,
        "eu": f"{summer},M3.5.0/2,M10.5.0/3",
        "us": f"{summer},M3.2.0/2,M11.1.0/2",
    }[clock.summer]


def yealink_zone(clock: PhoneClock) -> str:
    """Return the distance from UTC as Yealink writes it: ``-9:30``, ``+1``."""
    return f"{'+' if clock.offset_minutes > 0 else ''}{_hours(clock.offset_minutes)}"


def _hours(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours}" + (f":{rest:02d}" if rest else "")


def _secret(path: str, template: str = "", **context: object) -> TemplateFile:
    return TemplateFile(
        path=path,
        template=template,
        mode="640",
        group=ACCOUNT,
        secret=True,
        context=context,
    )


def _shared(phones: PhonesPlan) -> Iterator[TemplateFile]:
    for name in SHARED:
        if name == AUTHORITY:
            yield _secret(f"{FILES}/{name}")
        else:
            yield TemplateFile(
                path=f"{FILES}/{name}",
                mode="640",
                group=ACCOUNT,
                context={"directory": phones.directory},
            )


def _phone_file(plan: HostPlan, phones: PhonesPlan, phone: DeskPhone) -> TemplateFile:
    common = {"phone": phone, "directory": phones.directory, "voicemail": VOICEMAIL}
    of_maker = {"yealink": _yealink, "snom": _snom, "grandstream": _grandstream}[phone.maker]
    template = f"{FILES.lstrip('/')}/{TEMPLATES[phone.maker]}.j2"
    return _secret(path_of(phone), template, **common, **of_maker(plan, phones))


def _program_file(phones: PhonesPlan, program: Program) -> TemplateFile:
    return _secret(
        path_of(program),
        f"{FILES.lstrip('/')}/{LINPHONE}.j2",
        program=program,
        directory=phones.directory,
        voicemail=VOICEMAIL,
        codecs=[LINPHONE_CODECS[codec] for codec in phones.program_codecs],
        digest=digest,
        quoted=spoken,
    )


def digest(username: str, realm: str, password: str) -> str:
    """Return what stands for a password in one realm (HA1 of RFC 7616, MD5 as Asterisk asks)."""
    text = f"{username}:{realm}:{password}".encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _yealink(plan: HostPlan, phones: PhonesPlan) -> dict[str, Any]:
    # Month, week of the month (5: the last), day of the week (7: Sunday), hour.
    summer = {
        "": None,
        "eu": {"start": "3/5/7/2", "end": "10/5/7/3"},
        "us": {"start": "3/2/7/2", "end": "11/1/7/2"},
    }
    return {
        "transport": TRANSPORTS[phones.transport],
        "codecs": [WORDS_OF_CODECS[codec] for codec in phones.desk_codecs],
        "known_codecs": ("g722", "pcma", "pcmu", "g729", "opus"),
        "zone": yealink_zone(phones.clock),
        "summer": summer[phones.clock.summer],
        "commune": plan.place.commune_label,
    }


def _snom(_: HostPlan, phones: PhonesPlan) -> dict[str, Any]:
    # Seconds more; month, week, day of the week and time of the beginning, then of the end.
    summer = {
        "": "",
        "eu": "3600 03.05.07 02:00:00 10.05.07 03:00:00",
        "us": "3600 03.02.07 02:00:00 11.01.07 02:00:00",
    }
    return {
        "codecs": [WORDS_OF_CODECS[codec] for codec in phones.desk_codecs],
        "seconds": phones.clock.offset_minutes * 60,
        "summer": summer[phones.clock.summer],
    }


def _grandstream(_: HostPlan, phones: PhonesPlan) -> dict[str, Any]:
    wanted = [PAYLOADS[codec] for codec in phones.desk_codecs]
    # Every choice must be one of them; the last is said again.
    payloads = [*wanted, *wanted[-1:] * len(GRANDSTREAM_CHOICES)]
    return {
        "transport": TRANSPORTS[phones.transport],
        "choices": list(zip(GRANDSTREAM_CHOICES, payloads, strict=False)),
        "zone": posix_zone(phones.clock),
    }
