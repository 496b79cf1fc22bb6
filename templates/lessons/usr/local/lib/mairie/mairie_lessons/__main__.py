"""``mairie-lessons``: the service, and the commands of whoever switches."""

from __future__ import annotations

import argparse
import os
import pwd
import socket
import sys
import threading
import time
from typing import Any

from mairie_lessons.air import Air
from mairie_lessons.codes import Code
from mairie_lessons.door import Door, RefusedError, ask
from mairie_lessons.gateway import told
from mairie_lessons.settings import ACCOUNT, SETTINGS, SOCKET, STATE, load
from mairie_lessons.store import Store
from mairie_lessons.switch import Switch, say
from mairie_lessons.web import Server

DONE, BAD_INPUT = 0, 2
EVERY_SECONDS = 2


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    described = argparse.ArgumentParser(
        prog="mairie-lessons", description="Wi-Fi des classes : éteint, sauf pendant une leçon."
    )
    commands = described.add_subparsers(dest="command", required=True)
    on = commands.add_parser("on", help="l'allumer ; il s'éteint de lui-même")
    on.add_argument("--minutes", type=int, metavar="NOMBRE", help="à partir de maintenant")
    on.add_argument("--by", default="", metavar="NOM", help="écrit dans le registre")
    off = commands.add_parser("off", help="l'éteindre avant la fin prévue")
    off.add_argument("--by", default="", metavar="NOM", help="écrit dans le registre")
    commands.add_parser("status", help="dire s'il est allumé, et jusqu'à quand")
    commands.add_parser("log", help="montrer le registre : quand, par quoi, par qui")
    commands.add_parser("serve", help="tenir l'interrupteur (c'est le service)")
    commands.add_parser("page", help="montrer la page (c'est un autre service)")
    commands.add_parser("quiet", help="tout éteindre pendant que le service est arrêté")
    return described


def serve() -> int:
    """Hold the switch until stopped."""
    settings = load()
    written = SETTINGS.stat().st_mtime
    switch = Switch(settings, Store(STATE), Air(settings.radios), written)
    code = None if settings.follows else Code.load(time.monotonic)
    door = Door(SOCKET, switch, code, pwd.getpwnam(ACCOUNT).pw_uid)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    begun = False
    while True:
        # What nobody says any more goes on, and ends when it would have.
        seconds = told(settings.follows) if settings.follows else None
        try:
            if seconds is None:
                switch.settle()
            else:
                switch.follow(seconds)
        except OSError as error:
            say(f"l'état ne s'écrit pas : {error}", level=3)
        if not begun:
            ready()
            begun = True
        time.sleep(EVERY_SECONDS)


def show_page() -> int:
    """Show the page until stopped."""
    settings = load()
    for address in settings.page.addresses:
        server = Server(address, settings, settings.page, SOCKET)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ready()
    threading.Event().wait()
    return DONE


def ready() -> None:
    """Tell systemd that the switch works: sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            link.send(b"READY=1")


def show(standing: dict[str, Any]) -> int:
    """Print where things stand."""
    if standing["on"]:
        minutes = -(-int(standing["seconds"]) // 60)
        print(f"allumé\tjusqu'à {standing['until']}\tencore {minutes} min")
    else:
        print("éteint")
    for radio, why in standing["wrong"].items():
        print(f"radio {radio} : {why}", file=sys.stderr)
    return DONE


def main() -> int:
    """Read the command line, run."""
    arguments = parser().parse_args()
    if arguments.command == "serve":
        return serve()
    if arguments.command == "page":
        return show_page()
    try:
        if arguments.command == "log":
            print(Store(STATE).log(), end="")
            return DONE
        if arguments.command == "quiet":
            Air(load().radios).settle(on=False)
            return DONE
        asked = {key: value for key, value in vars(arguments).items() if key != "command"}
        return show(ask(SOCKET, do=arguments.command, **asked))
    except (RefusedError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
