"""``mairie-phones``: the service, and the commands of whoever lets a phone ask again."""

from __future__ import annotations

import argparse
import os
import pwd
import socket
import sys

from mairie_phones.clock import now
from mairie_phones.desk import Desk
from mairie_phones.settings import ACCOUNT, CERTIFICATE, KEY, STATE, Phone, Program, load
from mairie_phones.store import Store
from mairie_phones.web import Server, context

DONE, BAD_INPUT = 0, 2
MINUTES, LONGEST = 30, 1440
OTHERS: dict[str, tuple[type, str]] = {
    "open": (Program, "un logiciel ; mairie-phones invite l'invite"),
    "invite": (Phone, "un poste ; mairie-phones open le rouvre"),
}
"""Which phones a command is not for, and what is."""


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    described = argparse.ArgumentParser(
        prog="mairie-phones",
        description="Réglage des postes téléphoniques : chacun reçoit son fichier une fois.",
    )
    commands = described.add_subparsers(dest="command", required=True)
    again = commands.add_parser("open", help="laisser un poste reprendre son fichier, une fois")
    again.add_argument("phones", nargs="+", metavar="POSTE", help="nom, numéro ou adresse MAC")
    again.add_argument("--minutes", type=int, default=MINUTES, metavar="NOMBRE")
    again.add_argument("--by", default="", metavar="NOM", help="écrit dans le registre")
    invite = commands.add_parser("invite", help="inviter un logiciel : une adresse, une fois")
    invite.add_argument("phones", nargs="+", metavar="POSTE", help="nom ou numéro")
    invite.add_argument("--minutes", type=int, default=MINUTES, metavar="NOMBRE")
    invite.add_argument("--by", default="", metavar="NOM", help="écrit dans le registre")
    close = commands.add_parser("close", help="retirer une invitation ou une réouverture")
    close.add_argument("phones", nargs="+", metavar="POSTE", help="nom, numéro ou adresse MAC")
    close.add_argument("--by", default="", metavar="NOM", help="écrit dans le registre")
    commands.add_parser("list", help="dire où en est chaque poste")
    commands.add_parser("log", help="montrer le registre : remis, refusé, ouvert, quand")
    commands.add_parser("serve", help="répondre aux postes (c'est le service)")
    return described


def serve(desk: Desk) -> int:
    """Answer phones until stopped."""
    server = Server(load(), desk, context(CERTIFICATE, KEY))
    ready()
    server.serve_forever()
    return DONE


def ready() -> None:
    """Tell systemd that it answers: sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            link.send(b"READY=1")


def become_the_service() -> None:
    """Go on under the service's account: what a command writes is the service's to read."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)


def told(desk: Desk, arguments: argparse.Namespace, base: str) -> int:
    """Open, invite or close, for all that are named or for none."""
    found = [(text, desk.find(text)) for text in arguments.phones]
    unknown = [text for text, phone in found if phone is None]
    if unknown:
        print(f"aucun poste {', '.join(unknown)} ; mairie-phones list les dit", file=sys.stderr)
        return BAD_INPUT
    phones = [phone for _, phone in found if phone is not None]
    if arguments.command == "close":
        for phone in phones:
            held = desk.close(phone, arguments.by)
            print(f"{phone.name}\t{phone.number}\t{'fermé' if held else 'rien d’ouvert'}")
        return DONE
    if not 1 <= arguments.minutes <= LONGEST:
        print(f"de 1 à {LONGEST} minutes", file=sys.stderr)
        return BAD_INPUT
    kind, why = OTHERS[arguments.command]
    wrong = [phone.name for phone in phones if isinstance(phone, kind)]
    if wrong:
        print(f"{', '.join(wrong)} : {why}", file=sys.stderr)
        return BAD_INPUT
    for phone in phones:
        start = f"{phone.name}\t{phone.number}"
        if isinstance(phone, Program):
            token = desk.invite(phone, arguments.minutes, arguments.by)
            print(f"{start}\t{base}{token}\t{arguments.minutes} min")
        else:
            desk.open(phone, arguments.minutes, arguments.by)
            print(f"{start}\t{phone.mac}\touvert {arguments.minutes} min")
    return DONE


def listed(desk: Desk, phone: Phone | Program) -> str:
    """Return a line of the list."""
    where = (phone.mac, phone.address) if isinstance(phone, Phone) else ("-", "-")
    return "\t".join((phone.name, phone.number, *where, desk.standing(phone)))


def main() -> int:
    """Read the command line, run."""
    arguments = parser().parse_args()
    try:
        become_the_service()
        settings, store = load(), Store(STATE)
        desk = Desk(settings, store, now)
        if arguments.command == "serve":
            return serve(desk)
        if arguments.command == "log":
            print(store.log(), end="")
        elif arguments.command == "list":
            for phone in settings.every:
                print(listed(desk, phone))
        else:
            return told(desk, arguments, settings.invitations)
    except (OSError, ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return DONE


if __name__ == "__main__":
    sys.exit(main())
