"""Questions to a server over HTTP, of which controls want the status alone: each asked once."""

from __future__ import annotations

import base64
import http.client
from dataclasses import dataclass, field

from mairie.host.probe import CannotLookError

PATIENCE_S = 20


@dataclass(frozen=True)
class Question:
    """One request to a store."""

    address: str
    method: str
    path: str
    user: str = ""
    password: str = field(default="", repr=False)


_remembered: dict[Question, int | str] = {}
"""Answers so far: a status, or why there was none."""


def remember(question: Question) -> None:
    """Ask a store, once in a verification."""
    if question not in _remembered:
        _remembered[question] = _put(question)


def _put(question: Question) -> int | str:
    headers = {}
    if question.user:
        pair = base64.b64encode(f"{question.user}:{question.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    connection = http.client.HTTPConnection(question.address, timeout=PATIENCE_S)
    try:
        connection.request(question.method, question.path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{question.address} ne répond pas : {error}"
    finally:
        connection.close()


def answer(question: Question) -> int:
    """Return the status a store answers with.

    Raises:
        CannotLookError: it does not answer.

    """
    remember(question)
    found = _remembered[question]
    if isinstance(found, str):
        raise CannotLookError(found)
    return found
