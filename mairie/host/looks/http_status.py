"""Questions to a server over HTTP, of which controls want the status alone: each asked once."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from mairie.host.probe import CannotLookError

PATIENCE_S = 20
AT_ONCE = 12


@dataclass(frozen=True)
class Question:
    """One request to a store."""

    address: str
    method: str
    path: str
    user: str = ""
    password: str = field(default="", repr=False)


_asked: dict[Question, Future[int]] = {}
_pool = ThreadPoolExecutor(AT_ONCE)


def start(questions: Iterable[Question]) -> None:
    """Begin to ask, side by side; nothing is asked twice in a verification."""
    for question in questions:
        if question not in _asked:
            _asked[question] = _pool.submit(_put, question)


def answer(question: Question) -> int:
    """Return the status a store answers with, when it has.

    Raises:
        CannotLookError: it does not answer.

    """
    start([question])
    return _asked[question].result()


def _put(question: Question) -> int:
    headers = {}
    if question.user:
        pair = base64.b64encode(f"{question.user}:{question.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    connection = http.client.HTTPConnection(question.address, timeout=PATIENCE_S)
    try:
        connection.request(question.method, question.path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise CannotLookError(f"{question.address} ne répond pas : {error}") from None
    finally:
        connection.close()
