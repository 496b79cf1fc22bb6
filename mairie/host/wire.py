"""Small protocol exchanges with this host's own services, as a device of the segment would have.

Standard library only; nothing here changes the host: no lease is taken.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from select import select

DNS_TYPES = {"A": 1, "PTR": 12, "TXT": 16, "AAAA": 28}
DNS_CLASSES = {"IN": 1, "CH": 3}
DHCP_MAGIC = 0x63825363
DHCP_INFORM = 8
DHCP_ACK = 5
SO_BINDTODEVICE = 25


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """What a resolver said."""

    code: int
    """0: no error, 3: no such name, 5: refused (RFC 1035)."""
    values: tuple[str, ...]
    """Addresses or texts, sorted."""


def _name(name: str) -> bytes:
    labels = name.rstrip(".").encode("ascii").split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _skip_name(data: bytes, at: int) -> int:
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def _records(data: bytes) -> Iterator[str]:
    questions, answers = struct.unpack("!2H", data[4:8])
    at = 12
    for _ in range(questions):
        at = _skip_name(data, at) + 4
    for _ in range(answers):
        at = _skip_name(data, at)
        kind, _, _, length = struct.unpack("!2HIH", data[at : at + 10])
        value = data[at + 10 : at + 10 + length]
        at += 10 + length
        if kind == DNS_TYPES["A"]:
            yield str(IPv4Address(value))
        elif kind == DNS_TYPES["AAAA"]:
            yield str(IPv6Address(value))
        elif kind == DNS_TYPES["TXT"]:
            yield from _texts(value)


def _texts(value: bytes) -> Iterator[str]:
    at = 0
    while at < len(value):
        yield value[at + 1 : at + 1 + value[at]].decode("utf-8", "replace")
        at += 1 + value[at]


def ask_dns(
    server: str,
    name: str,
    kind: str = "A",
    klass: str = "IN",
    timeout_s: float = 3.0,
    *,
    port: int = 53,
) -> DnsAnswer | None:
    """Ask one question over UDP; None when no answer comes.

    Args:
        server: address of either family.
        name: what is asked about.
        kind: a key of DNS_TYPES.
        klass: a key of DNS_CLASSES.
        timeout_s: how long to wait.
        port: where the server listens.

    """
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    number = secrets.randbelow(65536)
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + _name(name)
    query += struct.pack("!2H", DNS_TYPES[kind], DNS_CLASSES[klass])
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(timeout_s)
        try:
            link.connect((server, port))
            link.send(query)
            reply = link.recv(4096)
        except OSError:
            return None
    if len(reply) < 12 or reply[:2] != query[:2]:
        return None
    return DnsAnswer(reply[3] & 0xF, tuple(sorted(_records(reply))))


def _dhcp_inform(number: int, address: str) -> bytes:
    head = struct.pack("!4BIHH", 1, 1, 6, 0, number, 0, 0) + IPv4Address(address).packed
    client = b"\x02" + secrets.token_bytes(5)
    body = head + bytes(12) + client.ljust(16, b"\0") + bytes(192)
    asked = bytes([53, 1, DHCP_INFORM, 55, 5, 1, 3, 6, 15, 42, 255])
    return body + struct.pack("!I", DHCP_MAGIC) + asked


def dhcp_options(packet: bytes) -> dict[int, bytes]:
    """Return the options of a DHCP packet by number (RFC 2132)."""
    found: dict[int, bytes] = {}
    at = 240
    while at + 1 < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        length = packet[at + 1]
        found[packet[at]] = packet[at + 2 : at + 2 + length]
        at += 2 + length
    return found


def _send_inform(stack: ExitStack, interface: str, address: str) -> tuple[socket.socket, int]:
    number = secrets.randbits(32)
    # Out through that bridge, but the answer to our own address comes in by the loopback.
    link, out = (
        stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)
    )
    for each in (link, out):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    link.bind((address, 68))
    out.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, interface.encode() + b"\0")
    out.bind(("", 68))
    out.sendto(_dhcp_inform(number, address), ("255.255.255.255", 67))
    return link, number


def ask_dhcp(
    interfaces: Mapping[str, str], timeout_s: float = 20.0
) -> dict[str, dict[int, bytes] | None]:
    """Ask for the settings of segments with DHCPINFORM (RFC 2131, section 4.4.3), all at once.

    Args:
        interfaces: bridge → this host's own IPv4 address on it.
        timeout_s: how long to wait for all of them. dnsmasq answers nobody for the three seconds
            in which it pings an address that it is about to give: several devices may come first.

    Returns:
        bridge → options of the DHCPACK; None when none came.

    """
    waiting: dict[socket.socket, tuple[str, int]] = {}
    found: dict[str, dict[int, bytes] | None] = dict.fromkeys(interfaces)
    with ExitStack() as stack:
        for interface, address in interfaces.items():
            try:
                link, number = _send_inform(stack, interface, address)
            except OSError:
                continue  # no such interface or address here: nothing will answer
            waiting[link] = (interface, number)
        for link, packet in _listen(list(waiting), timeout_s):
            interface, number = waiting[link]
            options = dhcp_options(packet)
            if packet[4:8] == struct.pack("!I", number) and options.get(53) == bytes([DHCP_ACK]):
                found[interface] = options
            if all(answer is not None for answer in found.values()):
                break
    return found


def _listen(links: list[socket.socket], timeout_s: float) -> Iterator[tuple[socket.socket, bytes]]:
    end = time.monotonic() + timeout_s
    while (left := end - time.monotonic()) > 0:
        for link in select(links, [], [], left)[0]:
            yield link, link.recv(4096)
