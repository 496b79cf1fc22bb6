"""What went wrong, as a sentence for a person; the command line prints it without a traceback."""

from __future__ import annotations

EXIT_DONE = 0
EXIT_HOST_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_UNREACHABLE = 3
EXIT_NOT_CONFORMING = 4


class MairieError(Exception):
    """The message is one sentence or more: what is wrong, what is allowed, what to do.

    Args:
        message: the sentence, without a trailing newline.
        exit_code: what the command ends with; bad input unless said otherwise.

    """

    def __init__(self, message: str, *, exit_code: int = EXIT_BAD_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code
