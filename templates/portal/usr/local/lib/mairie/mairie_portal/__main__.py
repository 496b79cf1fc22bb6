"""``mairie-portal``: the service, and the commands of whoever hands out codes."""

from __future__ import annotations

import argparse
import os
import pwd
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

from mairie_portal.desk import Desk, say
from mairie_portal.gate import GateError, Kernel
from mairie_portal.neighbours import mac_of
from mairie_portal.settings import ACCOUNT, SETTINGS, STATE, load
from mairie_portal.store import Store, Voucher
from mairie_portal.web import Server

DONE, BAD_INPUT = 0, 2
EVERY_SECONDS = 5
MOST_CODES, MOST_HOURS = 500, 24 * 31


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    described = argparse.ArgumentParser(prog="mairie-portal", description="Portail des visiteurs.")
    described.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    commands = described.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="montrer la page (c'est le service)")
    new = commands.add_parser("new", help="faire des codes ; ils ne sont montrés qu'une fois")
    new.add_argument("--count", type=int, default=1, metavar="NOMBRE")
    new.add_argument("--hours", type=int, default=24, metavar="HEURES", help="dès le premier usage")
    commands.add_parser("list", help="dire où en est chaque code, sans le code")
    revoke = commands.add_parser("revoke", help="annuler des codes, et couper qui s'en sert")
    revoke.add_argument("numbers", nargs="+", type=int, metavar="NUMÉRO")
    return described


def serve(state: Path) -> int:
    """Show the page until stopped."""
    settings = load(SETTINGS)
    desk = Desk(settings, Store(state), Kernel())
    for address in settings.addresses:
        server = Server(address, settings, desk, mac_of)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    down, told = False, False
    while True:
        try:
            desk.settle()
            down = False
        except GateError as error:
            if not down:
                say(f"le pare-feu ne répond pas ; personne n'est admis : {error}", level=3)
            down = True
        if not told:
            ready()
            told = True
        time.sleep(EVERY_SECONDS)


def ready() -> None:
    """Tell systemd that the page is shown: sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            link.send(b"READY=1")


def new(store: Store, count: int, hours: int) -> int:
    """Make codes and print them."""
    if not 1 <= count <= MOST_CODES or not 1 <= hours <= MOST_HOURS:
        print(
            f"De 1 à {MOST_CODES} codes, de 1 à {MOST_HOURS} heures : rien n'a été fait.",
            file=sys.stderr,
        )
        return BAD_INPUT
    for number, code in store.make_vouchers(count, hours * 3600, int(time.time())):
        print(f"{number}\t{code}\t{hours} h")
    return DONE


def show(store: Store) -> int:
    """Print every voucher, one per line."""
    now = int(time.time())
    for voucher in store.vouchers():
        print(f"{voucher.number}\t{voucher.seconds // 3600} h\t{_state(voucher, now)}")
    return DONE


def _state(voucher: Voucher, now: int) -> str:
    if voucher.revoked is not None:
        return f"annulé le {_day(voucher.revoked)}"
    if voucher.until is None:
        return f"jamais utilisé, fait le {_day(voucher.made)}"
    return f"{'en usage jusqu’au' if voucher.until > now else 'expiré le'} {_day(voucher.until)}"


def _day(moment: int) -> str:
    return time.strftime("%d/%m/%Y %H:%M", time.localtime(moment))


def revoke(store: Store, numbers: list[int]) -> int:
    """Revoke vouchers."""
    known = {voucher.number for voucher in store.vouchers()}
    missing = [str(number) for number in numbers if number not in known]
    if missing:
        print(f"Aucun code n° {', '.join(missing)} : rien n'a été annulé.", file=sys.stderr)
        return BAD_INPUT
    for number in numbers:
        done = store.revoke(number, int(time.time()))
        print(f"{number}\t{'annulé' if done else 'était déjà annulé'}")
    return DONE


def become(account: str) -> None:
    """Be the account that owns the state: root makes no file that the service cannot open."""
    if os.geteuid() == 0:
        entry = pwd.getpwnam(account)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)


def main() -> int:
    """Read the command line, run."""
    arguments = parser().parse_args()
    if arguments.command == "serve":
        return serve(arguments.state)
    try:
        become(ACCOUNT)
        store = Store(arguments.state)
    except (KeyError, OSError, sqlite3.Error) as error:
        print(f"Le portail n'est pas en service ici ({error}).", file=sys.stderr)
        return BAD_INPUT
    if arguments.command == "new":
        return new(store, arguments.count, arguments.hours)
    return show(store) if arguments.command == "list" else revoke(store, arguments.numbers)


if __name__ == "__main__":
    sys.exit(main())
