"""One small question to the hub first: is it there, does it know us, what time is it."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

PATIENCE_S = 30
"""A satellite link answers in less than two seconds, a waking store in five."""

Verdict = Literal["there", "unreachable", "maintenance", "refused", "no-repository"]
SENTENCES: Mapping[Verdict, str] = {
    "there": "Le concentrateur répond.",
    "unreachable": "Le concentrateur ne répond pas : le lien ou le tunnel est coupé.",
    "maintenance": "Le dépôt de cet hôte est en maintenance sur le concentrateur.",
    "refused": "Le concentrateur refuse l'identifiant de cet hôte. Redéployez l'hôte et le "
    "concentrateur.",
    "no-repository": "Le concentrateur n'a pas de dépôt pour cet hôte : redéployez-le.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said."""

    verdict: Verdict
    ahead_s: float | None = None
    """How far this host's clock is ahead of the hub's, in seconds; None: the hub did not say."""

    @property
    def may_pass(self) -> bool:
        """Whether asking again later may help."""
        return self.verdict in ("unreachable", "maintenance")


def ask(repository: str, credential: Mapping[str, str]) -> Answer:
    """Ask for the repository's first file: about 500 bytes."""
    url = urlsplit(repository)
    pair = f"{credential['RESTIC_REST_USERNAME']}:{credential['RESTIC_REST_PASSWORD']}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    connection = http.client.HTTPConnection(url.netloc, timeout=PATIENCE_S)
    began = time.time()
    try:
        connection.request("HEAD", f"{url.path.rstrip('/')}/config", headers=headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return Answer("unreachable")
    finally:
        connection.close()
    middle = (began + time.time()) / 2
    return Answer(_verdict(response.status), _ahead(response.getheader("Date"), middle))


class LinkDownError(Exception):
    """The hub does not answer, or not now; the message says so in French."""


class RefusedError(Exception):
    """The hub answers, and will not serve this host; the message says why in French."""


def require(repository: str, credential: Mapping[str, str]) -> Answer:
    """Ask, and return only if the hub serves. Raises LinkDownError or RefusedError."""
    answer = ask(repository, credential)
    if answer.may_pass:
        raise LinkDownError(SENTENCES[answer.verdict])
    if answer.verdict != "there":
        raise RefusedError(SENTENCES[answer.verdict])
    return answer


def _verdict(status: int) -> Verdict:
    if status in (401, 403):
        return "refused"
    if status == 404:
        return "no-repository"
    return "there" if status < 400 else "maintenance"


def _ahead(date: str | None, now: float) -> float | None:
    try:
        return now - parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None
