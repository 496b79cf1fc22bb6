"""``mairie-records``: record, keep, check, status, export."""

from __future__ import annotations

import argparse
import os
import sys
import syslog
from datetime import UTC, date, datetime

from mairie_records import check, clock, extract, keep, recorder, seal
from mairie_records.settings import Places, Settings

EXIT_NOT_INTACT = 4


def main(arguments: list[str]) -> int:
    """Run one verb; return the exit status."""
    asked = _parser().parse_args(arguments)
    places = Places()
    known = Settings.read(places.settings)
    if asked.verb == "record":
        return _record(known, places)
    if asked.verb == "keep":
        return _keep(known, places)
    if asked.verb == "check":
        return _check(places, None if asked.all else datetime.now(UTC).date())
    if asked.verb == "status":
        sys.stdout.write(places.state.read_text())
        return 0
    return _export(known, places, asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mairie-records", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, told in (
        ("record", "the service itself"),
        ("keep", "pack what is over, erase what is due"),
        ("check", "whether days and requisitions are what was written"),
        ("status", "what the service says of itself, JSON"),
    ):
        verbs.add_parser(name, help=told)
    verbs.choices["check"].add_argument(
        "--all", action="store_true", help="read every day, not only this day's slice"
    )
    export = verbs.add_parser("export", help="a sealed extract for a requisition, on stdout")
    export.add_argument("--from", dest="since", type=datetime.fromisoformat, required=True)
    export.add_argument("--to", dest="until", type=datetime.fromisoformat, required=True)
    export.add_argument("--address", default="")
    export.add_argument("--port", default="")
    export.add_argument("--reference", required=True)
    export.add_argument("--by", required=True, help="who runs it")
    return parser


def _record(known: Settings, places: Places) -> int:
    try:
        return recorder.run(known, places)
    except recorder.ListenerEndedError:
        sys.stderr.write("conntrack ended; the service starts again\n")
        return 1


def _keep(known: Settings, places: Places) -> int:
    if clock.look().synchronised:
        places.trusted.touch()
    done = keep.keep(places, known.periods, datetime.now(UTC))
    for word, days in (("packed", done.packed), ("erased", done.erased)):
        for day in days:
            sys.stdout.write(f"{word}: {day}\n")
    if done.clock_doubted:
        sys.stdout.write("nothing erased: the clock has not been right since the start\n")
    return 0


def _check(places: Places, today: date | None) -> int:
    found = list(check.faults(places, today))
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return EXIT_NOT_INTACT if found else 0


def _export(known: Settings, places: Places, asked: argparse.Namespace) -> int:
    wish = extract.Wish(
        asked.since.astimezone(UTC), asked.until.astimezone(UTC), asked.address, asked.port
    )
    question = seal.Asked(
        wish=wish,
        reference=asked.reference,
        by=asked.by,
        account=os.environ.get("SUDO_USER", "") or "root",
        now=datetime.now(UTC),
    )
    syslog.openlog("mairie-records")
    syslog.syslog(f"requisition {asked.reference!r} by {asked.by} ({question.account})")
    try:
        seal.export(known, places, question, sys.stdout.buffer)
    except seal.SealError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
