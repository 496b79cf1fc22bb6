"""A telephone that calls, and whose sound becomes another source's in the middle of the call.

anew.py SERVER USER PASSWORD NUMBER OWN-ADDRESS SECONDS FIRST-NUMBER:HERTZ … (one source after the
other, each for some seconds, as after a transfer or when an exchange behind it changes its mind).
Beside it lies mairie/host/looks/sip.py, which words the messages.
"""

import math
import random
import re
import socket
import struct
import sys
import time

import sip  # type: ignore[import-not-found] # beside it on the telephone's machine only

PORT = 5060
PATIENCE_S = 10
PCMA = 8
"""Payload type of A-law (RFC 3551), of which there are RATE samples a second."""
RATE = 8000
PACKET = 160
"""Samples of 20 ms."""


def call(server: str, user: str, password: str, number: str, own: str) -> "Call":
    """Call somebody, who answers."""
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.bind((own, 0))
    asking.connect((server, PORT))
    asking.settimeout(PATIENCE_S)
    sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sound.bind((own, 0))
    name, uri = f"{time.monotonic_ns()}", f"sip:{number}@{server}:{PORT}"
    signed = ""
    for count in (1, 2):
        text = with_sound(
            sip._request(
                asking,
                "INVITE",
                called=number,
                user=user,
                call=name,
                number=count,
                authorization=signed,
            ),
            sound,
        )
        answer = sip._ask(asking, text)
        if answer is None:
            raise SystemExit("no answer")
        asking.send(following(text, answer, "ACK").encode())
        if answer.startswith("SIP/2.0 200"):
            return Call(asking, sound, text, answer)
        if not answer.startswith("SIP/2.0 401"):
            break
        signed = sip._authorization(answer, user, password, uri, method="INVITE")
    raise SystemExit(answer)


def with_sound(text: str, sound: socket.socket) -> str:
    """Add where sound is taken (RFC 4566)."""
    own, port = sound.getsockname()
    body = "\r\n".join(
        [
            "v=0",
            f"o=- 1 1 IN IP4 {own}",
            "s=-",
            f"c=IN IP4 {own}",
            "t=0 0",
            f"m=audio {port} RTP/AVP {PCMA}",
            "a=rtpmap:8 PCMA/8000",
            "a=ptime:20",
            "",
        ]
    )
    head = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
    return text.replace("Content-Length: 0\r\n\r\n", head + body)


def following(invite: str, answer: str, method: str) -> str:
    """Return the next request of a call, to whoever answered."""
    head = invite.partition("\r\n\r\n")[0].splitlines()
    to = next(line for line in answer.splitlines() if line.startswith("To:"))
    kept = [line for line in head[1:] if not line.startswith(("To:", "Content-", "CSeq:"))]
    more = 1 if method == "BYE" else 0
    number = int(re.findall(r"(?m)^CSeq: (\d+)", invite)[0]) + more
    if answer.startswith("SIP/2.0 200"):  # a transaction of its own (RFC 3261, 13.2.2.4)
        kept = [re.sub(r"branch=\w+", f"branch=z9hG4bK{random.getrandbits(60)}", x) for x in kept]
    first = head[0].replace("INVITE", method)
    lines = [first, *kept, to, f"CSeq: {number} {method}", "Content-Length: 0"]
    return "\r\n".join(lines) + "\r\n\r\n"


class Call:
    """A call that goes on."""

    def __init__(
        self, asking: socket.socket, sound: socket.socket, invite: str, answer: str
    ) -> None:
        self.asking, self.sound, self.invite, self.answer = asking, sound, invite, answer
        address = re.findall(r"(?m)^c=IN IP4 (\S+)", answer)[0]
        self.to = (address, int(re.findall(r"(?m)^m=audio (\d+)", answer)[0]))

    def speak(self, number: int, hertz: int, seconds: float) -> None:
        """Send a tone as a source of its own, whose packets are counted from a number."""
        source, clock = random.getrandbits(32), random.getrandbits(32)
        begun = time.monotonic()
        for each in range(int(seconds * RATE / PACKET)):
            header = struct.pack(
                "!BBHII",
                0x80,
                PCMA | (0 if each else 0x80),
                (number + each) % 2**16,
                (clock + each * PACKET) % 2**32,
                source,
            )
            samples = range(each * PACKET, (each + 1) * PACKET)
            tone = bytes(a_law(math.sin(2 * math.pi * hertz * at / RATE)) for at in samples)
            self.sound.sendto(header + tone, self.to)
            time.sleep(max(0.0, begun + (each + 1) * PACKET / RATE - time.monotonic()))

    def end(self) -> None:
        """Hang up."""
        self.asking.send(following(self.invite, self.answer, "BYE").encode())


def a_law(level: float) -> int:
    """Return a sample (-1 … 1) as ITU-T G.711 writes it, at a quarter of what fits."""
    size = int(abs(level) * 1023)
    high = max(0, size.bit_length() - 5)
    code = (high << 4) | ((size >> max(1, high)) & 15)
    return (code | (0x80 if level >= 0 else 0)) ^ 0x55


if __name__ == "__main__":
    server, user, password, number, own, seconds, *sources = sys.argv[1:]
    going_on = call(server, user, password, number, own)
    for each in sources:
        first, _, hertz = each.partition(":")
        going_on.speak(int(first), int(hertz), float(seconds))
    going_on.end()
