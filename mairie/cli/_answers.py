"""Answers of a person, asked in French, for commands that can also be told everything."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mairie.errors import MairieError


class Answers:
    """What the command line says, else what a person answers, else what is proposed."""

    def __init__(self, ask: bool) -> None:
        self._ask = ask

    def get(self, question: str, given: object, proposed: str, option: str) -> str:
        """Return one answer.

        Raises:
            MairieError: not given, not to be asked, and nothing can be proposed.

        """
        if given is not None:
            return str(given).strip()
        if self._ask:
            return str(click.prompt(question, default=proposed or None, err=True)).strip()
        if not proposed:
            raise MairieError(f"{option} is missing; give it, or answer the questions with --ask")
        return proposed

    def optional(self, question: str, given: str | None, proposed: str) -> str:
        """Return an answer that may be empty; only asked when something can be proposed."""
        if given is not None:
            return given.strip()
        if self._ask and proposed:
            return str(click.prompt(question, default=proposed, err=True)).strip()
        return proposed

    def several(self, question: str, given: Sequence[str], proposed: str, option: str) -> list[str]:
        """Return several answers: those given, else one line cut at its blanks."""
        if given:
            return list(given)
        return self.get(f"{question}, séparés par des espaces", None, proposed, option).split()
