"""A run as JSON, for machines: one stable schema, read back to the same value."""

from __future__ import annotations

from typing import Any

import msgspec

from mairie.report.model import RunReport

SCHEMA = "mairie-report/1"


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    report: RunReport


class ReportError(ValueError):
    """A file is not a report this version can read; the message is a sentence."""


def to_json(report: RunReport) -> bytes:
    """Encode with fields in declared order, indented, ending in a newline.

    The values inside ``controls``, ``changed`` and ``failed`` are events as the host sent them:
    a field at its default is left out.
    """
    document = _Document(schema=SCHEMA, report=report)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def from_json(data: bytes | str) -> RunReport:
    """Read what :func:`to_json` wrote.

    Raises:
        ReportError: not JSON, another schema, or a value that is not a report.

    """
    try:
        schema = msgspec.json.decode(data, type=dict[str, Any]).get("schema")
    except msgspec.MsgspecError as error:
        raise ReportError(f"This is not a report: {error}.") from error
    if schema != SCHEMA:
        raise ReportError(f"Schema {schema!r} is not known; this version reads {SCHEMA!r}.")
    try:
        return msgspec.json.decode(data, type=_Document).report
    except msgspec.MsgspecError as error:
        raise ReportError(f"The report is damaged: {error}.") from error
