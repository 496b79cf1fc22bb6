"""Runs restic and names what went wrong.

Both ends of a backup use it: the host that sends and the hub that keeps. Secrets go through the
environment, never through the arguments; what restic prints comes back as dictionaries, one per
JSON line (its ``message_type`` says which), or ``{"message_type": "text", "text": …}`` for the
commands that speak no JSON (``prune``, ``unlock``, ``repair index``).
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, Literal, cast

Message = dict[str, Any]

FailureKind = Literal[
    "link-down",
    "refused",
    "locked",
    "no-space",
    "wrong-password",
    "no-repository",
    "damaged",
    "incomplete",
    "stopped",
    "failed",
]

SENTENCES: Mapping[FailureKind, str] = {
    "link-down": "Le dépôt des sauvegardes ne répond pas.",
    "refused": "Le dépôt refuse cette demande ou cet identifiant.",
    "locked": "Une autre opération tient le dépôt verrouillé.",
    "no-space": "Il n'y a plus de place dans le dépôt (quota ou disque).",
    "wrong-password": "Le mot de passe n'ouvre pas ce dépôt.",
    "no-repository": "Il n'y a pas de dépôt à cet endroit.",
    "damaged": "Le dépôt est endommagé.",
    "incomplete": "Des fichiers n'ont pas pu être lus : la sauvegarde est incomplète.",
    "stopped": "L'opération a été arrêtée avant la fin.",
    "failed": "restic a échoué.",
}
"""What each kind of failure is called in front of a person."""

EXIT_CODES: Mapping[int, FailureKind] = {
    3: "incomplete",
    10: "no-repository",
    11: "locked",
    12: "wrong-password",
    130: "stopped",
}
"""restic's own (doc/075_scripting.rst, 0.17 and later)."""

SIGNS: tuple[tuple[FailureKind, tuple[str, ...]], ...] = (
    # Told to end, restic ends with 1; by Ctrl-C, with 130.
    ("stopped", ("signal terminated received",)),
    # The order counts: a full disk or a cut link also leaves sentences about broken files.
    ("no-space", ("no space left on device", "disk quota exceeded", "(413)", "(507)", " 413 ")),
    (
        "link-down",
        (
            "connection refused",
            "connection reset",
            "no route to host",
            "network is unreachable",
            "i/o timeout",
            "no such host",
            "server misbehaving",
            "broken pipe",
            "request timeout",
            "client.timeout",
            "context deadline exceeded",
            "unexpected eof",
            "eof\n",
            "(502)",
            "(503)",
            "(504)",
            "server closed idle connection",
        ),
    ),
    ("refused", ("(401)", "(403)", "401 unauthorized", "403 forbidden", "permission denied")),
    ("locked", ("already locked", "unable to create lock")),
    (
        "damaged",
        (
            "ciphertext verification failed",
            "repository contains errors",
            "repository contains damaged",
            "hash mismatch",
            "does not match id",
            "wrong data returned",
            "invalid data returned",
            "index is damaged",
            "not found in the index",
            "no such file or directory",
            "does not exist",
            "decrypting blob",
            "unexpected pack",
            "errors were found",
        ),
    ),
)
"""Words in restic's messages, in lower case, for what its exit code 1 does not tell apart."""

KEPT_LINES = 60
"""Last lines of restic's error output that a ResticError carries."""

GRACE = 15
"""Seconds restic gets to remove its lock before it is killed."""


class ResticError(Exception):
    """restic did not do it.

    ``str()`` is a French sentence; ``kind`` is for programs; ``detail`` is what restic wrote.
    """

    def __init__(self, kind: FailureKind, code: int, detail: str, items: tuple[str, ...] = ()):
        super().__init__(SENTENCES[kind])
        self.kind: FailureKind = kind
        self.code = code
        self.detail = detail
        self.items = items
        """Paths restic complained about, for ``incomplete``."""


def failure_kind(code: int, text: str) -> FailureKind:
    """Name a failure from restic's exit code, then from what it wrote."""
    if code in EXIT_CODES:
        return EXIT_CODES[code]
    if code < 0:
        return "stopped"
    lowered = text.lower() + "\n"
    for kind, signs in SIGNS:
        if any(sign in lowered for sign in signs):
            return kind
    return "failed"


def parse_line(line: str) -> Iterator[Message]:
    """Yield the messages of one line of output: an object, each object of a list, or text."""
    text = line.rstrip("\n")
    if not text.strip():
        return
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        yield parsed
    elif isinstance(parsed, list):
        yield from (item for item in parsed if isinstance(item, dict))
    else:
        yield {"message_type": "text", "text": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restic:
    """One repository and the way into it."""

    repository: str
    """A folder, or ``http://<address>:<port>/<path>/``."""
    secrets: Mapping[str, str] = field(repr=False)
    """``RESTIC_PASSWORD`` or ``RESTIC_PASSWORD_FILE``, and for a server RESTIC_REST_USERNAME and
    RESTIC_REST_PASSWORD."""
    cache: str = ""
    """Folder of the cache; empty: none, for a repository on the disk of this machine."""
    options: tuple[str, ...] = ()
    """For every command: ``--limit-upload=…``, ``-o``, ``rest.connections=5``, …"""
    user: str = ""
    """Account and group restic runs as, when this program is root; empty: this one's."""
    program: str = "restic"

    def with_options(self, *options: str) -> Restic:
        """Return the same repository with more options for every command."""
        return replace(self, options=(*self.options, *options))

    @property
    def environment(self) -> dict[str, str]:
        """All that restic sees of the outside."""
        is_server = self.repository.startswith(("http://", "https://"))
        return {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": "/nonexistent",
            "RESTIC_REPOSITORY": f"rest:{self.repository}" if is_server else self.repository,
            # One line a second: 60 a second, its default, is work for nobody.
            "RESTIC_PROGRESS_FPS": "1",
            **({"RESTIC_CACHE_DIR": self.cache} if self.cache else {}),
            **self.secrets,
        }

    def command(self, *arguments: str) -> list[str]:
        """Return the arguments of one run; no secret is among them."""
        cache = [] if self.cache else ["--no-cache"]
        return [self.program, "--json", *cache, *self.options, *arguments]

    def stream(
        self,
        *arguments: str,
        timeout: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Message]:
        """Run one command and yield its messages as they come.

        ``timeout`` is in seconds: restic is then told to end, which lets it remove
        its lock and keep what arrived, and the failure is ``stopped``. Leaving the loop early
        interrupts it too. Raises ResticError at the end when restic did not end with 0: what was
        yielded before stays true.
        """
        process = self._start(arguments, environment)
        errors: list[str] = []
        reader = threading.Thread(target=_collect, args=(process.stderr, errors), daemon=True)
        reader.start()
        output = cast("IO[str]", process.stdout)
        timer = threading.Timer(timeout or 0, _end, (process,))
        if timeout is not None:
            timer.start()
        try:
            for line in output:
                yield from parse_line(line)
            code = process.wait()
        finally:
            timer.cancel()
            _end(process)
            reader.join(GRACE)
            output.close()
        if code != 0:
            raise _failure(code, errors)

    def run(
        self,
        *arguments: str,
        timeout: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> list[Message]:
        """Run one command to its end and return its messages. Raises ResticError."""
        return list(self.stream(*arguments, timeout=timeout, environment=environment))

    def document(self, *arguments: str, timeout: float | None = None) -> Any:
        """Return what a command prints as one JSON document over several lines (``cat``)."""
        process = self._start(arguments, None)
        timer = threading.Timer(timeout or 0, _end, (process,))
        if timeout is not None:
            timer.start()
        try:
            output, errors = process.communicate()
        finally:
            timer.cancel()
            _end(process)
        if process.returncode != 0:
            raise _failure(process.returncode, errors.splitlines())
        return json.loads(output)

    def _start(
        self, arguments: Iterable[str], environment: Mapping[str, str] | None
    ) -> subprocess.Popen[str]:
        is_root = os.geteuid() == 0
        account: dict[str, Any] = (
            {"user": self.user, "group": self.user, "extra_groups": []}
            if self.user and is_root
            else {}
        )
        try:
            return subprocess.Popen(
                self.command(*arguments),
                env={**self.environment, **(environment or {})},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                umask=0o077,
                **account,
            )
        except OSError as error:
            raise ResticError("failed", 127, f"{self.program}: {error.strerror}") from error


def _collect(pipe: IO[str] | None, lines: list[str]) -> None:
    """Keep the last lines of the error output, and read it all so that restic never waits."""
    if pipe is None:
        return
    with pipe:
        for line in pipe:
            lines.append(line.rstrip("\n"))
            del lines[:-KEPT_LINES]


def _end(process: subprocess.Popen[str]) -> None:
    """Have a restic that still runs stop, gently then firmly."""
    if process.poll() is not None:
        return
    # Not SIGINT: whoever runs in the background of a shell inherits that it is ignored.
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _failure(code: int, lines: Iterable[str]) -> ResticError:
    """Build the error from the error output, where ``--json`` writes objects among the text."""
    said: list[str] = []
    items: list[str] = []
    for line in lines:
        for message in parse_line(line):
            match message:
                case {"message_type": "exit_error", "message": str(text)}:
                    said.append(text)
                case {"message_type": "error", "error": {"message": str(text)}, "item": str(item)}:
                    said.append(f"{item}: {text}" if item else text)
                    items.append(item)
                case {"message_type": "text", "text": str(text)} | {"message": str(text)}:
                    said.append(text.strip())
    detail = "\n".join(said)
    return ResticError(failure_kind(code, detail), code, detail, tuple(filter(None, items)))
