"""One question to a SIP server, as a telephone asks it, for controls and tests (RFC 3261, 8760)."""

from __future__ import annotations

import hashlib
import re
import secrets
import socket

PATIENCE_S = 3.0


def who_is_registered(
    address: str, port: int, user: str, password: str, *, source: str = ""
) -> int | None:
    """Ask where a telephone is, as itself: a REGISTER without a contact, which changes nothing.

    Args:
        address: of the server.
        port: of the server, UDP.
        user: name of the telephone.
        password: its password, or another; empty: the question is not signed.
        source: own address to ask from; empty: any.

    Returns:
        the status of the last answer; None when there is none.

    """
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        if source:
            asking.bind((source, 0))
        asking.connect((address, port))
        call = secrets.token_hex(8)
        answer = _ask(asking, _register(asking, user, call, 1))
        if answer is None or not answer.startswith("SIP/2.0 401") or not password:
            return _status(answer)
        signed = _authorization(answer, user, password, f"sip:{_written(address)}:{port}")
        return _status(_ask(asking, _register(asking, user, call, 2, signed)))


def invite_status(address: str, port: int, called: str, *, source: str = "") -> int | None:
    """Call somebody without saying who we are; return the status of the first final answer.

    Args:
        address: of the server.
        port: of the server, UDP.
        called: number.
        source: own address to call from; empty: any.

    """
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        if source:
            asking.bind((source, 0))
        asking.connect((address, port))
        call = secrets.token_hex(8)
        return _status(
            _ask(
                asking,
                _request(asking, "INVITE", called=called, user="nobody", call=call, number=1),
            )
        )


def family_of(address: str) -> socket.AddressFamily:
    """Return the kind of socket that reaches an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _written(address: str) -> str:
    """Return an address as it stands in a URI (RFC 3261 section 25.1)."""
    return f"[{address}]" if ":" in address else address


def _ask(asking: socket.socket, request: str) -> str | None:
    """Send, and return the first answer that is final."""
    try:
        asking.send(request.encode())
        while True:
            answer = asking.recv(65535).decode(errors="replace")
            if not answer.startswith("SIP/2.0 1"):
                return answer
    except (TimeoutError, ConnectionRefusedError):
        return None


def _status(answer: str | None) -> int | None:
    return int(answer.split(" ", 2)[1]) if answer else None


def _register(
    asking: socket.socket, user: str, call: str, number: int, authorization: str = ""
) -> str:
    return _request(
        asking,
        "REGISTER",
        called="",
        user=user,
        call=call,
        number=number,
        authorization=authorization,
    )


def _request(
    asking: socket.socket,
    method: str,
    *,
    called: str,
    user: str,
    call: str,
    number: int,
    authorization: str = "",
) -> str:
    (own, own_port), (server, port) = (
        (_written(end[0]), end[1]) for end in (asking.getsockname(), asking.getpeername())
    )
    at = f"{called}@" if called else ""
    lines = [
        f"{method} sip:{at}{server}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {own}:{own_port};branch=z9hG4bK{secrets.token_hex(8)};rport",
        f"From: <sip:{user}@{server}>;tag={call}",
        f"To: <sip:{called or user}@{server}>",
        f"Call-ID: {call}",
        f"CSeq: {number} {method}",
        "Max-Forwards: 70",
        *([f"Contact: <sip:{user}@{own}:{own_port}>"] if method == "INVITE" else []),
        *([f"Authorization: {authorization}"] if authorization else []),
        "Content-Length: 0",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _authorization(
    answer: str, user: str, password: str, uri: str, *, method: str = "REGISTER"
) -> str:
    """Return the digest of RFC 7616 with MD5, the one that every telephone knows."""
    challenge = next(
        line for line in answer.splitlines() if line.lower().startswith("www-authenticate:")
    )
    told = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    client, count = secrets.token_hex(4), "00000001"

    def digest(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    first = digest(user, told["realm"], password)
    second = digest(method, uri)
    response = digest(first, told["nonce"], count, client, "auth", second)
    return (
        f'Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", '
        f'uri="{uri}", response="{response}", algorithm=MD5, cnonce="{client}", qop=auth, '
        f"nc={count}" + (f', opaque="{told["opaque"]}"' if "opaque" in told else "")
    )
