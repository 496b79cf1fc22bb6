"""``mairie-store``: the commands of the hub's store."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mairie_restic import ResticError
from mairie_store.approve import approve
from mairie_store.errors import StoreError
from mairie_store.journal import say
from mairie_store.maintain import maintain
from mairie_store.provision import provision
from mairie_store.settings import Places, Settings, StoredHost, load_settings
from mairie_store.settle import settle
from mairie_store.status import sentence, status

DONE, FAILED, BAD_INPUT = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    described = argparse.ArgumentParser(
        prog="mairie-store", description="Sauvegardes gardées par ce concentrateur."
    )
    described.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    commands = described.add_subparsers(dest="command", required=True)
    for name, words in {
        "provision": "préparer les dépôts et leurs clés",
        "settle": "mesurer la place, indexer les envois interrompus",
        "maintain": "vérifier, oublier, libérer la place",
        "status": "dire où en est chaque dépôt",
    }.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--host", metavar="HÔTE", help="cet hôte seulement")
        if name == "status":
            command.add_argument("--json", action="store_true", help="un objet par ligne")
    command = commands.add_parser("approve", help="accepter, après examen, ce qui retient un dépôt")
    command.add_argument("host", metavar="HÔTE")
    command.add_argument(
        "--set-aside",
        action="store_true",
        help="ne pas accepter les sauvegardes suspectes : les retirer du dépôt",
    )
    return described


def each(
    hosts: tuple[StoredHost, ...],
    deed: Callable[[StoredHost], object],
    failed: object = None,
    at_once: int = 1,
) -> int:
    """Do something for each host: trouble with one is no reason to leave the others."""

    def one(host: StoredHost) -> int:
        try:
            came_to = deed(host)
            return FAILED if failed is not None and came_to == failed else DONE
        except ResticError as error:
            say("err", f"{host.name} : {error} {error.detail[-300:]}")
        except (StoreError, OSError) as error:
            say("err", f"{host.name} : {error}")
        return FAILED

    with ThreadPoolExecutor(at_once) as pool:
        return max(pool.map(one, hosts), default=DONE)


def show(settings: Settings, hosts: tuple[StoredHost, ...], *, as_json: bool) -> int:
    """Print the status of hosts."""
    for host in hosts:
        known = status(settings, host)
        print(json.dumps(known, ensure_ascii=False) if as_json else sentence(known))
    return DONE


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one command and return its exit code. Raises StoreError for a host not kept here."""
    hosts = settings.chosen(arguments.host)
    match arguments.command:
        case "provision":
            # What takes time is the passwords' key derivation: one processor each.
            return each(hosts, lambda host: provision(settings, host), at_once=os.cpu_count() or 1)
        case "settle":
            return each(hosts, lambda host: settle(settings, host))
        case "maintain":
            return each(hosts, lambda host: maintain(settings, host), "failed")
        case "approve":
            for text in approve(settings, hosts[0], remove=arguments.set_aside):
                print(text)
            return DONE
        case _:
            return show(settings, hosts, as_json=arguments.json)


def main() -> int:
    """Read the command line, run."""
    arguments = parser().parse_args()
    # Whatever a deploy's is: nginx and the instances pass through these folders. What is nobody
    # else's gets its own mode.
    os.umask(0o022)
    try:
        return run(arguments, load_settings(Places(root=arguments.root)))
    except StoreError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
