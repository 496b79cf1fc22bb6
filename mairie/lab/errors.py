"""What can go wrong with the lab, said in sentences."""

from __future__ import annotations

from mairie.errors import EXIT_HOST_FAILED, MairieError


class LabError(MairieError):
    """The lab cannot do what was asked; the message is one or more sentences for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=EXIT_HOST_FAILED)
