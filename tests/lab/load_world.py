"""A telephone host with 500 phones on one flat network: SIPp plays all of them."""

from __future__ import annotations

import csv
import io
import math
import struct
from ipaddress import ip_network
from pathlib import Path

from mairie.inventory import load
from mairie.lab.containers import Lab
from mairie.plan.resolve import resolve
from tests.lab import voip_inventory
from tests.lab.voip_world import PASSWORD, RURUTU, SHARE, World, wait

CALLERS, ANSWERERS, PHONES = "callers", "answerers", 500
FIRST = 2000
"""Number of the first phone."""
CALLS = 20
RATE = 100
"""Registrations or calls begun a second."""
PORT = 5070
TALK_S = 20
FOLDER = "/srv/sipp"
TRAFFIC = "/srv/traffic.py"
TELEPHONY = """\
telephony:
  number: "+68940930000"
  trunks:
    local:
      {label: Opérateur de l'île, kind: register, host: sip.operateur.demo.example,
       username: rurutu, channels: 2, numbers: ["+68940930000"]}
"""


def inventory(folder: Path) -> Path:
    """Write the demo with so many phones in one town hall."""
    voip_inventory.write(folder)
    path = folder / "communes" / "rurutu.yaml"
    lines = ["phones:"]
    for number in range(FIRST, FIRST + PHONES):
        lines.append(
            f"  poste-{number}: {{site: mairie, number: {number}, model: softphone, "
            f"label: Poste {number}}}"
        )
    path.write_text("\n".join([path.read_text().partition("phones:")[0], *lines, TELEPHONY]))
    return folder


class LoadWorld(World):
    """One server, two machines full of phones: those that call, those that answer."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.nodes = lab
        self.lab = lab
        self.plans = {RURUTU: resolve(load(inventory(folder), secrets=False))[RURUTU]}
        self.phones = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all machines."""
        return (RURUTU, CALLERS, ANSWERERS)

    def address(self, name: str) -> str:
        """Return the address of a machine: phones are in the segment that may register."""
        voip = self.voip(RURUTU)
        segment = ip_network(voip.extensions[0].prefix_ipv4)
        return {RURUTU: voip.ipv4, CALLERS: str(segment[50]), ANSWERERS: str(segment[51])}[name]

    def run(self, name: str, script: str, timeout: float = 120) -> str:
        """Run a shell script that must succeed; return its output."""
        return self.lab.check(name, ["sh", "-c", script], timeout=timeout)

    def start(self) -> None:
        """Give addresses, start the server, hand out numbers and what is said."""
        for name in self.names:
            self.run(
                name,
                f"ip link set eth0 up; ip address replace {self.address(name)}/8 dev eth0; "
                "ip route replace 0.0.0.0/1 dev eth0 scope link; "
                "ip route replace 128.0.0.0/1 dev eth0 scope link",
            )
        self.deploy(RURUTU)
        files = {path.name: path.read_bytes() for path in (SHARE / "sipp").glob("*.xml")}
        files["callers.csv"] = self._users(range(FIRST, FIRST + CALLS))
        files["others.csv"] = self._users(range(FIRST + CALLS, FIRST + PHONES))
        files["calls.csv"] = self._users(range(FIRST, FIRST + CALLS), called=FIRST + CALLS)
        files["tone.pcap"] = tone(TALK_S)
        for name in (CALLERS, ANSWERERS):
            self.lab.put(name, {f"{FOLDER}/{key}": data for key, data in files.items()})
            self.lab.put(name, {TRAFFIC: (SHARE / "traffic.py").read_bytes()})

    def _users(self, numbers: range, called: int = 0) -> bytes:
        text = io.StringIO()
        text.write("SEQUENTIAL\n")
        table = csv.writer(text, delimiter=";", lineterminator="\n")
        for place, number in enumerate(numbers):
            password = PASSWORD.format(f"poste-{number}")
            credential = f"[authentication username={number} password={password}]"
            table.writerow([number, credential, *([called + place] if called else [])])
        return text.getvalue().encode()

    def sipp(self, name: str, scenario: str, users: str, count: int) -> None:
        """Have SIPp play a scenario once for each of some users; all must succeed."""
        self.run(
            name,
            f"cd {FOLDER} && rm -f *_rtt.csv && sipp {self.address(RURUTU)}:5060 "
            f"-sf {scenario}.xml -inf {users}.csv -i {self.address(name)} -p {PORT} "
            f"-m {count} -r {RATE} -l {count} -trace_rtt -rtt_freq 1 -trace_err -nostdin "
            ">said 2>&1 || { tail -40 said; cat *_errors.log | head -40; false; }",
        )

    def times(self, name: str) -> list[float]:
        """Return how long each answer of the last scenario took, milliseconds, sorted."""
        lines = self.run(name, f"cat {FOLDER}/*_rtt.csv").splitlines()
        return sorted(float(line.split(";")[1]) for line in lines if line[:1].isdigit())

    def answer(self) -> None:
        """Have the other machine answer every call, and say back what it hears."""
        self.run(
            ANSWERERS,
            f"cd {FOLDER} && setsid sipp -sf answer.xml -i {self.address(ANSWERERS)} -p {PORT} "
            "-rtp_echo -mp 30000 -aa -nostdin >answered 2>&1 </dev/null &",
        )
        # Asterisk asks each phone once a minute whether it is there.
        assert wait(lambda: self.registered("Avail") >= PHONES - CALLS, 90)

    def registered(self, state: str = "") -> int:
        """Return how many phones the server knows, all or those in a state."""
        listed = self.ask(RURUTU, "pjsip list contacts").splitlines()
        return sum("/sip:2" in line and f" {state}" in line for line in listed)

    def cpu(self) -> float:
        """Return seconds of processor that Asterisk has used."""
        said = self.run(RURUTU, "cat /proc/$(pidof -s asterisk)/stat").rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / 100


def tone(seconds: int) -> bytes:
    """Return a capture of RTP as SIPp plays it: alaw, 20 ms a packet."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for number in range(50 * seconds):
        wave = bytes(
            0x55 ^ (0x80 | (int(40 + 30 * math.sin(440 * math.tau * (160 * number + at) / 8000))))
            for at in range(160)
        )
        rtp = struct.pack("!BBHII", 0x80, 8, number, 160 * number, 0x5EED) + wave
        udp = struct.pack("!HHHH", 20000, 20000, 8 + len(rtp), 0) + rtp
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 184, 20 + len(udp), 0, 0, 64, 17, 0, b"", b"")
        frame = bytes(12) + b"\x08\x00" + packet + udp
        at = divmod(number * 20_000, 1_000_000)
        parts.append(struct.pack("<IIII", *at, len(frame), len(frame)) + frame)
    return b"".join(parts)
