"""Ask one host for a sealed extract of its connection records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from mairie.errors import EXIT_HOST_FAILED, MairieError
from mairie.question import ask_host
from mairie.transport import Transport

_ABSENT = 64
_SECONDS = 3600
"""A year of records is searched, and brought over a slow link."""
_SCRIPT = f'command -v mairie-records >/dev/null || exit {_ABSENT}; exec mairie-records export "$@"'
_DAY = timedelta(days=1)
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an authority asks for."""

    since: datetime
    until: datetime
    address: str
    """Of a visitor's device or of the uplink; empty: everybody's."""
    port: str
    reference: str
    by: str
    """Who runs the command."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The same for ``mairie-records export``."""
        return (
            f"--from={self.since.astimezone(UTC).isoformat()}",
            f"--to={self.until.astimezone(UTC).isoformat()}",
            f"--address={self.address}",
            f"--port={self.port}",
            f"--reference={self.reference}",
            f"--by={self.by}",
        )


def moment(text: str, zone: str, *, end: bool) -> datetime:
    """Return the moment that a person wrote.

    Args:
        text: ISO 8601; without an offset it is the commune's time, a date alone a whole day.
        zone: the commune's time zone.
        end: whether it ends the span: a date alone is then the end of that day.

    Raises:
        MairieError: it is no moment.

    """
    local = ZoneInfo(zone)
    try:
        if len(text) == len("2026-01-31"):
            first = datetime.combine(date.fromisoformat(text), time(), local)
            return (first + _DAY).astimezone(UTC) - _INSTANT if end else first.astimezone(UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise MairieError(
            f'"{text}" is no moment; write 2026-03-01T14:05 in the time of the commune ({zone}), '
            "2026-03-01T14:05+01:00 in another, or 2026-03-01 for the whole day"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=local)).astimezone(UTC)


def end_point(text: str) -> tuple[str, str]:
    """Return address and port of ``A``, ``A:PORT`` or ``[A]:PORT``.

    Raises:
        MairieError: it is neither.

    """
    if text.startswith("["):
        address, closing, rest = text[1:].partition("]")
        address, port = (address if closing else ""), rest.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, ""
    try:
        shown = f"{ip_address(address)}"
    except ValueError:
        shown = ""
    right_port = not port or (port.isdecimal() and 0 < int(port) < 65536)
    if not shown or not right_port or text.endswith(":"):
        raise MairieError(
            f'"{text}" is no address; write 203.0.113.7, 203.0.113.7:50122 or [2001:db8::7]:50122'
        )
    return shown, port


def extract(host: str, transport: Transport, wish: Wish) -> bytes:
    """Return the sealed extract of one host, a tar file.

    Raises:
        MairieError: the host cannot be reached, keeps no records, or refused.

    """
    if wish.until < wish.since:
        raise MairieError(
            f"the span ends ({wish.until:%Y-%m-%dT%H:%M:%SZ}) before it begins "
            f"({wish.since:%Y-%m-%dT%H:%M:%SZ}); exchange --from and --to"
        )
    done = ask_host(host, transport, _SCRIPT, *wish.arguments, seconds=_SECONDS)
    if not done.returncode:
        return done.stdout
    said = done.stderr.decode(errors="replace")
    if done.returncode == _ABSENT:
        raise MairieError(
            f'{host} has no program that keeps records yet: "mairie deploy {host}" installs it',
            exit_code=EXIT_HOST_FAILED,
        )
    last = (said.strip().splitlines() or [f"status {done.returncode}"])[-1]
    raise MairieError(f"{host} gave no extract: {last}", exit_code=EXIT_HOST_FAILED)
