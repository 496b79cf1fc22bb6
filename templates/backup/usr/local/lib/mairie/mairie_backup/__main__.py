"""``mairie-backup``: what a timer, a person or the command ``mairie`` asks of this host."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from mairie_backup import link, settings, snapshots, status, targets
from mairie_backup.alone import BusyError, alone
from mairie_backup.drill import Drill
from mairie_backup.events import Outcome, Reporter, StoppedError
from mairie_backup.night import Night
from mairie_backup.places import Places
from mairie_backup.restore import Restore, Wish
from mairie_backup.settings import Settings, SettingsError

ENDS: dict[type[Exception], Outcome] = {
    SettingsError: "failed",
    link.RefusedError: "failed",
    link.LinkDownError: "link-down",
    BusyError: "incomplete",
}
"""What is said before anything was begun."""


def arguments() -> argparse.ArgumentParser:
    """Return what can be asked."""
    parser = argparse.ArgumentParser(
        prog="mairie-backup", description="Sauvegarde de cet hôte vers le concentrateur."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--json", action="store_true", help="une ligne JSON par événement")
        return added

    now = command("now", "Sauvegarder maintenant.")
    now.add_argument("--window", action="store_true", help="s'arrêter à la fin de la plage de nuit")
    command("drill", "Prouver que cet hôte peut être restauré.")
    command("list", "Montrer les sauvegardes.")
    command("status", "Montrer ce que l'on sait sans interroger le concentrateur.")
    restore = command("restore", "Restaurer, par défaut dans un dossier à part.")
    restore.add_argument("--snapshot", default="latest", metavar="ID")
    restore.add_argument("--path", action="append", default=[], metavar="P", dest="paths")
    where = restore.add_mutually_exclusive_group()
    where.add_argument("--to", default="", metavar="DIR", help="dossier d'arrivée")
    where.add_argument("--in-place", action="store_true", help="à l'emplacement d'origine")
    restore.add_argument(
        "--overwrite", choices=("if-changed", "never"),
        help="que faire des fichiers déjà là (sans cette option, ils restent)",
    )  # fmt: skip
    restore.add_argument("--databases", action="store_true", help="recharger aussi les bases")
    restore.add_argument("--dry-run", action="store_true", help="dire seulement ce qui serait fait")
    restore.add_argument("--local", action="store_true", help="depuis le disque local")
    return parser


def main(argv: list[str]) -> int:
    """Do what was asked; return the exit code."""
    asked = arguments().parse_args(argv)
    os.umask(0o077)
    _end_politely()
    reporter = Reporter(as_json=asked.json)
    places = Places.here()
    try:
        known = settings.load(places.settings)
        match asked.command:
            case "status":
                return status.tell(known, places, reporter)
            case "list":
                return _list(known, places, reporter)
        with alone(places.lock):
            return _work(asked, known, places, reporter)()
    except tuple(ENDS) as error:
        return reporter.result(ENDS[type(error)], str(error))
    except StoppedError:
        return reporter.result("incomplete", "L'opération a été interrompue avant sa fin.")


def _work(
    asked: argparse.Namespace, known: Settings, places: Places, reporter: Reporter
) -> Callable[[], int]:
    match asked.command:
        case "now":
            return Night(known, places, reporter, windowed=asked.window).go
        case "drill":
            return Drill(known, places, reporter).go
    wish = Wish(
        snapshot=asked.snapshot,
        paths=tuple(path if path == "/" else path.rstrip("/") for path in asked.paths),
        to=asked.to,
        in_place=asked.in_place,
        overwrite=asked.overwrite,
        databases=asked.databases,
        local=asked.local,
        dry_run=asked.dry_run,
    )
    return Restore(known, places, reporter, wish).go


def _list(known: Settings, places: Places, reporter: Reporter) -> int:
    link.require(known.repository, settings.credential(places.credential))
    return snapshots.tell(targets.hub(known, places), known.host, reporter)


def _end_politely() -> None:
    """Let ``systemctl stop`` and a closed session end a run as Ctrl-C does: with its clean-up."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise StoppedError

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
