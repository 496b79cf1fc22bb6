"""Commands to a softphone on this machine, and a look at what it heard.

phone.py tell PORT COMMAND [PARAMETERS] · phone.py heard FOLDER HERTZ … · phone.py loud FOLDER
"""

import json
import math
import socket
import sys
from pathlib import Path

RATE = 8000


def tell(port: int, command: str, parameters: str) -> str:
    """Send one command to ctrl_tcp (netstrings of JSON); return the data of its answer."""
    message = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as asking:
        asking.sendall(b"%d:%s," % (len(message), message))
        stream = asking.makefile("rb")
        while True:
            length = b""
            while (digit := stream.read(1)) != b":":
                if not digit:
                    raise SystemExit("the phone went away")
                length += digit
            answer = json.loads(stream.read(int(length)))
            stream.read(1)
            if answer.get("response"):
                if not answer.get("ok", True):
                    raise SystemExit(f"{command}: {answer.get('data')}")
                return str(answer.get("data", ""))


def heard(folder: str, tones: list[int]) -> dict[int, float]:
    """Return the share of each tone in the last second (Goertzel), of all that is heard just now.

    The file grows: its header (44 bytes) is right only when the call has ended.
    """
    data = last_second(folder)
    energy = sum(value * value for value in data) or 1
    return {tone: round(goertzel(data, tone / RATE) / energy, 3) for tone in tones}


def loud(folder: str) -> float:
    """Return how loud the last second is: root mean square, 1 when all that fits."""
    data = last_second(folder)
    return math.sqrt(sum(value * value for value in data) / max(len(data), 1)) / 32768


def last_second(folder: str) -> memoryview:
    """Return the last second that was heard; nothing where nothing was."""
    path = Path(folder, "heard.wav")
    recorded = path.read_bytes()[44:] if path.exists() else b""
    recorded = recorded[: len(recorded) // 2 * 2]
    return memoryview(recorded[-2 * RATE :]).cast("h")


def goertzel(data: memoryview, turn: float) -> float:
    """Return the energy of one frequency, in turns a sample."""
    factor = 2 * math.cos(2 * math.pi * turn)
    one = two = 0.0
    for value in data:
        one, two = value + factor * one - two, one
    return 2 * (one * one + two * two - factor * one * two) / max(len(data), 1)


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    if kind == "tell":
        print(tell(int(words[0]), words[1], " ".join(words[2:])))
    elif kind == "loud":
        print(loud(words[0]))
    else:
        print(json.dumps(heard(words[0], [int(word) for word in words[1:]])))
