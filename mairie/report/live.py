"""What two displays of long work share: lines that stay above live lines that do not."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from mairie.report import words


class LiveLines:
    """Context manager: draws while it is open, and gives the terminal back whatever happened.

    Methods of those who inherit it may be called from several threads, each under ``_lock``.

    Args:
        console: where to write; on stderr, standard output stays data.
        columns: of a live line, between its name and what is happening now.

    """

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._live = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            *columns,
            TextColumn(
                "{task.fields[now]}",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        """Start drawing."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop drawing."""
        self._live.stop()

    def _drop(self, host: str) -> None:
        """Take a host's live line away, if it has one."""
        task = self._tasks.pop(host, None)
        if task is not None:
            self._live.remove_task(task)

    def _keep(self, host: str, text: str, style: str) -> None:
        """Write a line that stays."""
        line = words.clean(words.first_line(text))
        self._console.print(
            Text.assemble((words.clean(host), "bold"), " : ", (line, style)), soft_wrap=True
        )
