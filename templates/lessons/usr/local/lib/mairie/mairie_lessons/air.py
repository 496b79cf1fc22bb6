"""Networks put on the air and taken off it by hostapd, one by one, while the others stay.

A network that is off does not exist: REMOVE takes its interface away, ADD makes it again from its
file. STOP_AP of hostapd 2.10 would stop the first network of the radio, whichever is meant.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from mairie_lessons.settings import Bss, Radio

SECONDS = 8
LARGEST = 4096
PHY = "/sys/class/net/{}/phy80211/name"

Talk = Callable[[str, str], str]
"""Path of a socket and a command, to hostapd's answer."""


class AirError(Exception):
    """A radio that does not do what it was told."""


def talk(path: str, command: str) -> str:
    """Tell hostapd a command; return its answer.

    Raises:
        AirError: nobody answers.

    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.settimeout(SECONDS)
        try:
            link.bind("")  # an address of the kernel's choice, for the answer
            link.connect(path)
            link.send(command.encode())
            return link.recv(LARGEST).decode("utf-8", "replace").strip()
        except OSError as error:
            raise AirError(f"hostapd ne répond pas ({error.strerror or error})") from error


class Air:
    """The radios of this host."""

    def __init__(self, radios: Iterable[Radio], say: Talk = talk, phy: str = PHY) -> None:
        self._radios = tuple(radios)
        self._talk = say
        self._phy = phy

    def settle(self, on: bool) -> dict[str, str]:
        """Have every network on the air, or none; return what went wrong, by radio."""
        wrong = {}
        for radio in self._radios:
            try:
                if on:
                    self._put_on(radio)
                else:
                    self._take_off(radio)
            except AirError as error:
                wrong[radio.name] = str(error)
        return wrong

    def _present(self, radio: Radio) -> set[str]:
        # "Nothing is there" is an empty answer.
        return set(self._talk(radio.control, "INTERFACES").split())

    def _put_on(self, radio: Radio) -> None:
        missing = [each for each in radio.networks if each.interface not in self._present(radio)]
        for each in missing:
            self._add(radio, each)

    def _add(self, radio: Radio, network: Bss) -> None:
        try:
            phy = Path(self._phy.format(radio.name)).read_text(encoding="ascii").strip()
        except OSError as error:
            raise AirError("cette radio n'est pas là") from error
        self._tell(radio, f"ADD bss_config={phy}:{network.file}")

    def _take_off(self, radio: Radio) -> None:
        try:
            present = self._present(radio)
        except AirError:
            return  # without hostapd, nothing is on the air
        for each in reversed(radio.networks):
            if each.interface in present:
                self._tell(radio, f"REMOVE {each.interface}")

    def _tell(self, radio: Radio, command: str) -> None:
        answer = self._talk(radio.control, command)
        if answer != "OK":
            raise AirError(f"hostapd refuse « {command} » : {answer or 'rien'}")
