"""Controls of brick ``base``: the clock and what it follows."""

import socket
import struct
import time
from dataclasses import dataclass

from mairie.host.control import control
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan


def in_container(probe: Probe) -> bool:
    """Whether the kernel and the clock belong to another machine."""
    return probe("systemd-detect-virt --container --quiet").ok


def ahead(_plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    probe.start(
        [
            CLOCK,
        ]
    )


CLOCK = "chronyc waitsync 20 0 0 1 >/dev/null; chronyc -c tracking"
"""A service just started gets some seconds to measure."""


@dataclass(frozen=True)
class Answer:
    """What an NTP server says (RFC 5905)."""

    stratum: int
    offset: float
    """Seconds by which this machine's clock is behind the server's."""


EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""


def ask_time(address: str) -> Answer | None:
    """Ask once more when the first question is lost; None: no answer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        for _ in range(2):
            try:
                sent = time.time()
                # Version 4, mode 3: client.
                asking.sendto(b"\x23" + 47 * b"\0", (address, 123))
                answer = asking.recv(512)
                back = time.time()
            except OSError:
                continue
            if len(answer) >= 48 and answer[0] & 7 == 4:
                seconds, fraction, seconds2, fraction2 = struct.unpack("!4I", answer[32:48])
                heard = seconds + fraction / 2**32 - EPOCH
                said_at = seconds2 + fraction2 / 2**32 - EPOCH
                return Answer(answer[1], ((heard - sent) + (said_at - back)) / 2)
    return None


def time_addresses(plan: HostPlan) -> dict[str, str]:
    """Return label → own address on which this host must give time."""
    if not plan.base.ntp.serve_to:
        return {}
    found = {}
    for segment in plan.network.segments:
        found[f"{segment.segment} IPv4"] = segment.ipv4.partition("/")[0]
        found[f"{segment.segment} IPv6"] = segment.ipv6.partition("/")[0]
    if plan.is_hub and plan.vpn is not None:
        found["vpn IPv4"] = plan.vpn.ipv4.partition("/")[0]
        found["vpn IPv6"] = plan.vpn.ipv6.partition("/")[0]
    return found


@control(
    "BAS-20",
    title="Le service de temps tourne et démarre avec la machine",
    reason="Des journaux à l'heure fausse ne prouvent rien.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI-BP-028 R71"),
)
def test_chrony_runs(probe: Probe) -> None:
    active = probe("systemctl is-active chrony.service").stdout.strip()
    assert active == "active", f"chrony.service est {active}"
    enabled = probe("systemctl is-enabled chrony.service").stdout.strip()
    assert enabled == "enabled", f"au démarrage, chrony.service est {enabled}"


@control(
    "BAS-21",
    title="L'heure vient d'abord du siège",
    reason="Une même heure partout permet de rapprocher les journaux.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    applies=lambda plan: bool(plan.base.ntp.preferred),
)
def test_preferred_source(probe: Probe, plan: HostPlan) -> None:
    listed = said(probe("chronyc -c -n sources")).splitlines()
    names = [line.split(",")[2] for line in listed]
    assert plan.base.ntp.preferred in names, f"sources : {', '.join(names) or 'aucune'}"


@control(
    "BAS-22",
    title="La machine donne l'heure au site",
    reason="Téléphones, caméras et postes gardent la même heure, lien coupé ou non.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    each=time_addresses,
)
def test_gives_time(subject: str) -> None:
    answer = ask_time(subject)
    assert answer is not None, f"pas d'heure à l'adresse {subject}"
    assert 0 < answer.stratum < 16, f"le service n'a pas d'heure (strate {answer.stratum})"


@control(
    "BAS-23",
    title="L'horloge est juste",
    reason="Une horloge fausse trompe journaux, certificats et horaires.",
    severity="high",
    references=("ANSSI hygiène 36",),
)
def test_clock(probe: Probe, plan: HostPlan) -> None:
    # Field order: chronyc(1), tracking.
    fields = said(probe(CLOCK)).split(",")
    if fields[0] == "7F7F0101":
        raise CannotLookError("aucune source de temps ne répond : l'horloge va seule")
    if fields[13].strip() != "Normal":
        raise CannotLookError(f"l'horloge n'est pas encore réglée ({fields[13].strip()})")
    # Where the clock is another machine's, chronyd does not correct it: its last measure stands.
    offsets = {"d'après chrony": float(fields[5 if in_container(probe) else 4])}
    answer = ask_time(plan.base.ntp.preferred) if plan.base.ntp.preferred else None
    if answer is not None:
        offsets["d'après sa source"] = answer.offset
    wrong = [f"{offset:+.3f} s {who}" for who, offset in offsets.items() if abs(offset) >= 1]
    assert not wrong, f"écart : {', '.join(wrong)}"


@control(
    "BAS-24",
    title="Le service de temps ne se commande pas par le réseau",
    reason="Un port de commande ouvert est une entrée de plus.",
    severity="medium",
    references=("ANSSI-BP-028 R80",),
)
def test_no_command_port(probe: Probe) -> None:
    heard = said(probe("ss -Hlun 'sport = :323'")).strip()
    assert not heard, f"le port 323 est ouvert : {heard}"
