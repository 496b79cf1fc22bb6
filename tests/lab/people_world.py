"""What people do with telephones: citizens who call, keys that are pressed, what is heard."""

from __future__ import annotations

import io
import math
import re
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mairie.files import voip as table
from mairie.lab.clients import Nodes
from mairie.plan.parts.voip import Reception
from tests.lab import people_inventory
from tests.lab.voip_world import PHONE, RURUTU, SHARE, Phone, World, wait

CLEAR = 0.9
"""Share of a tone in what is heard, when nothing else is."""
CITIZEN_TONE, CITIZEN_SECONDS = 1540, 12
CITIZEN = "40555555"
"""The number that a citizen shows."""
ORIGINATE = "module load res_clioriginate.so"


def tone(hertz: int, seconds: int) -> bytes:
    """Return a tone as a file of sound: 16 bits, 8 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(
            b"".join(
                struct.pack("<h", round(9000 * math.sin(2 * math.pi * hertz * each / 8000)))
                for each in range(8000 * seconds)
            )
        )
    return file.getvalue()


class PeopleWorld(World):
    """The communes, with citizens at the operators."""

    def __init__(self, nodes: Nodes, folder: Path) -> None:
        super().__init__(nodes, folder, people_inventory.write)

    def operator(self, name: str) -> None:
        """Start an operator whose citizens call."""
        self.nodes.put(name, {"/srv/citizen.wav": tone(CITIZEN_TONE, CITIZEN_SECONDS)})
        super().operator(name)
        assert wait(lambda: self._up(name), 30), name
        self.ask(name, "core waitfullybooted")
        self.ask(name, ORIGINATE)

    # Calls ----------------------------------------------------------------------------------------

    def citizen_calls(
        self, number: str, operator: str = "operator", *, listens: bool = True
    ) -> None:
        """Have a citizen call an outside number (E.164): they speak, then say back what they hear.

        Who does not listen speaks on and on.
        """
        called, does = number.removeprefix("+"), "s" if listens else "talks"
        self.ask(operator, f"channel originate Local/{called}@citizens extension {does}@citizen")

    def citizens(self, operator: str = "operator") -> int:
        """Return how many citizens' calls stand."""
        return sum(line[0].startswith("PJSIP/rurutu-") for line in self.channels(operator))

    def refused(self, number: str, operator: str = "operator") -> str:
        """Have a citizen call in vain; return what they heard: ``BUSY``, ``CHANUNAVAIL`` …"""
        self.ask(operator, "database deltree citizen")
        self.citizen_calls(number, operator)
        assert wait(lambda: bool(self._ended(operator)), 10), self.channels(operator)
        return self._ended(operator)

    def _ended(self, operator: str) -> str:
        known = self.ask(operator, "database get citizen heard").strip()
        return known.removeprefix("Value: ") if known.startswith("Value: ") else ""

    def delivers(self) -> bool:
        """Whether the first operator knows where Rurutu is."""
        return "contact/rurutu" in self.ask("operator", "database show registrar")

    def parked(self, phone: Phone) -> str:
        """Return the place (``71`` …) at which a phone's call is parked; empty: at none."""
        listed = self.ask(RURUTU, "parking show default")
        name = rf"PJSIP/{phone.extension.number}-"
        found = re.search(rf"Space\s*:\s*(\d+)\s+Channel\s*:\s*{name}", listed)
        return found[1] if found else ""

    def native(self, phone: Phone) -> str:
        """Return what a phone's only call is encoded in, as it goes over the wire."""
        (call,) = self.of(phone)
        shown = self.ask(phone.server, f"core show channel {call[0]}")
        return str(re.findall(r"NativeFormats: \((.*)\)", shown)[0])

    def message(self, path: str, hertz: int) -> float:
        """Return how much of the last second of a message is a tone."""
        self.nodes.put(RURUTU, {PHONE: (SHARE / "phone.py").read_bytes()})
        self.nodes.check(RURUTU, ["ln", "-sf", path, "/srv/phone/heard.wav"])
        words = ["python3", PHONE, "heard", "/srv/phone", str(hertz)]
        return float(self.nodes.check(RURUTU, words).split(":")[1].strip(" }\n"))

    def of(self, phone: Phone) -> list[list[str]]:
        """Return the channels of a phone."""
        name = f"PJSIP/{phone.extension.number}-"
        return [line for line in self.channels(phone.server) if line[0].startswith(name)]

    def rings(self, phone: Phone) -> bool:
        """Whether it is rung."""
        return any(line[4] == "Ringing" for line in self.of(phone))

    def talks(self, phone: Phone) -> bool:
        """Whether it is joined with somebody."""
        return any(line[4] == "Up" and line[12] for line in self.of(phone))

    def joined(self, one: Phone, other: Phone) -> bool:
        """Whether two phones are joined with each other."""
        bridges = [
            {line[12] for line in self.of(each) if line[4] == "Up" and line[12]}
            for each in (one, other)
        ]
        return bool(bridges[0] & bridges[1])

    def runs(self, phone: Phone, application: str) -> bool:
        """Whether a phone's call is in an application of the dial plan."""
        return any(line[5] == application for line in self.of(phone))

    def press(self, phone: Phone, keys: str) -> None:
        """Press keys in a call, one after the other (RFC 4733)."""
        for key in keys:
            self.tell(phone, "sndcode", key)

    def resume(self, phone: Phone) -> bool:
        """Take a phone's only call from hold; False: it is not ready for it yet."""
        port = str(phone.port + 1000)
        told = [
            self.nodes.exec(phone.node, ["python3", PHONE, "tell", port, *words]).exit_code == 0
            for words in (("line", "1"), ("resume",))
        ]
        return all(told)

    # Sound ----------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Take away what phones heard in calls before this one."""
        for phone in self.phones.values():
            self.nodes.check(phone.node, ["rm", "-f", f"{phone.folder}/heard.wav"])

    def share(self, phone: Phone, hertz: int) -> float:
        """Return how much of what a phone heard last is a tone."""
        words = ["python3", PHONE, "heard", phone.folder, str(hertz)]
        return float(self.nodes.check(phone.node, words).split(":")[1].strip(" }\n"))

    def hears(self, phone: Phone, hertz: int, seconds: float = 10) -> bool:
        """Whether a phone hears a tone, and little else, within some seconds."""
        return wait(lambda: self.share(phone, hertz) > CLEAR, seconds)

    def loudness(self, phone: Phone) -> float:
        """Return how loud it is in a phone: a tone of the lab's is above 0.05."""
        return float(self.nodes.check(phone.node, ["python3", PHONE, "loud", phone.folder]))

    def both_hear(self, one: Phone, other: Phone) -> bool:
        """Whether two phones hear each other."""
        return self.hears(one, other.tone) and self.hears(other, one.tone)

    def shown(self, phone: Phone) -> list[str]:
        """Return who called, as a phone has shown it since it was switched on."""
        return [line for line in self.said(phone).splitlines() if "ncoming call from" in line]

    def shows(self, phone: Phone, text: str) -> bool:
        """Whether a phone has shown something of who called since it was switched on."""
        return text in "".join(self.shown(phone))

    def said(self, phone: Phone) -> str:
        """Return what a softphone wrote since it was switched on."""
        return self.nodes.check(phone.node, ["cat", f"{phone.folder}/said"])

    # Changes --------------------------------------------------------------------------------------

    @contextmanager
    def silent(self, *phones: Phone) -> Iterator[None]:
        """Have some phones ring without answering."""
        for phone in phones:
            self.renew(phone, answers=False)
        try:
            yield
        finally:
            self.hush()
            for phone in phones:
                self.renew(phone)

    @contextmanager
    def absent(self, phone: Phone) -> Iterator[None]:
        """Switch a phone off, and have its server know it."""
        self.switch_off(phone)
        self._unregister(phone)
        try:
            yield
        finally:
            self.hush()
            self.renew(phone)

    def renew(self, phone: Phone, *, answers: bool = True, codec: str = "") -> None:
        """Start a phone anew, with nothing left of its last start."""
        self.switch_off(phone)
        self._unregister(phone)
        self.switch_on(phone, answers=answers, codec=codec)
        assert wait(lambda: self.is_registered(phone), 20), self.contacts(phone.server)

    def _unregister(self, phone: Phone) -> None:
        listed = self.ask(phone.server, "database show registrar")
        for key in re.findall(rf"/registrar/(contact/{phone.extension.number};[^:\s]+)", listed):
            self.ask(phone.server, f"database del registrar {key}")
        assert not self.is_registered(phone)

    @contextmanager
    def reception(self, **changes: Any) -> Iterator[None]:
        """Give Rurutu's reception something else: see the plan."""
        plan, voip = self.plans[RURUTU], self.voip(RURUTU)
        assert isinstance(voip.reception, Reception)
        changed = replace(voip.reception, **changes)
        self.plans[RURUTU] = replace(plan, voip=replace(voip, reception=changed))
        try:
            self.apply()
            yield
        finally:
            self.plans[RURUTU] = plan
            self.apply()

    def apply(self) -> None:
        """Give Rurutu's Asterisk the files of its plan."""
        self.place(RURUTU)
        self.nodes.check(RURUTU, [table.APPLY], timeout=120)
