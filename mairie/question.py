"""One command on one host, and what it printed; failures of the way there are sentences."""

from __future__ import annotations

import subprocess

from mairie.errors import EXIT_UNREACHABLE, MairieError
from mairie.transport import Transport


def ask_host(
    host: str,
    transport: Transport,
    script: str,
    *arguments: str,
    seconds: int,
    late: str = "",
    given: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    """Run a script on a host and return how it ended.

    Args:
        host: full name, for sentences.
        transport: the way to it.
        script: POSIX sh, as root.
        arguments: its ``$1`` and following.
        seconds: what it may take, the way included.
        late: what to do when it took more.
        given: what the script reads from its standard input.

    Raises:
        MairieError: the host cannot be reached, or took too long.

    """
    try:
        done = subprocess.run(
            transport.argv(script, *arguments),
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        after = f"; {late}" if late else ""
        message = f"{host} did not answer within {seconds} s{after}"
        raise MairieError(message, exit_code=EXIT_UNREACHABLE) from None
    if why := transport.unreachable(done.returncode, done.stderr.decode(errors="replace")):
        raise MairieError(f"{host}: {why}", exit_code=EXIT_UNREACHABLE)
    return done
