"""What applying would change, without changing anything.

pyinfra's own look-ahead ignores ``_if``: it announces every guarded restart. Here each operation's
commands are generated in order, as they would be at execution, and thrown away; the operation then
counts as having changed the host if there were any, so that conditions on it hold as they would.
What an operation sees is the host as it is: one that depends on an earlier change may say too
little or too much, and one that cannot tell at all is announced as such.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from pyinfra.api.command import (
    FileUploadCommand,
    FunctionCommand,
    PyinfraCommand,
    RsyncCommand,
    StringCommand,
)
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.connectors.util import CommandOutput
from pyinfra.context import ctx_host, ctx_state

from mairie.host.events import Changed, EventWriter, Warned
from mairie.host.operations import PlaceFile

HIDDEN_DIFF = "content differs (not shown: the file holds secrets)"


def foresee(state: State, host: Host, write: EventWriter) -> int:
    """Write one ``Changed`` per operation that would change the host; return how many."""
    changed = 0
    state.is_executing = True  # makes pyinfra honour _if; nothing is executed here
    with ctx_state.use(state), ctx_host.use(host):
        for number, op_hash in enumerate(state.get_op_order(), start=1):
            name = ", ".join(sorted(state.get_op_meta(op_hash).names))
            data = state.get_op_data_for_host(host, op_hash)
            try:
                commands = list(data.command_generator())
            except Exception as error:  # the host may lack what earlier operations would bring
                # A fact that failed took the host out of the run: the next one may still tell.
                state.failed_hosts.discard(host)
                state.active_hosts.add(host)
                commands = []
                write(
                    Warned(
                        message=f"{name}: cannot be foreseen before what precedes it is applied "
                        f"({type(error).__name__}: {error})"
                    )
                )
            data.operation_meta.set_complete(True, commands, CommandOutput([]))
            if commands:
                changed += 1
                write(describe(number, name, commands))
    return changed


def describe(number: int, name: str, commands: list[PyinfraCommand]) -> Changed:
    """Return the event for one operation: a diff for a file, else its commands."""
    for command in commands:
        if isinstance(command, PlaceFile):
            return Changed(number=number, name=name, diff=file_diff(command))
    details = tuple(_in_words(command)[:400] for command in commands)
    return Changed(number=number, name=name, details=details)


def file_diff(command: PlaceFile) -> str:
    """Return the unified diff between the file on this machine and its new content."""
    if command.secret:
        return HIDDEN_DIFF
    path = Path(command.path)
    old = path.read_text(errors="replace") if path.is_file() else ""
    lines = difflib.unified_diff(
        old.splitlines(),
        command.content.decode(errors="replace").splitlines(),
        fromfile=command.path if path.exists() else "/dev/null",
        tofile=command.path,
        lineterm="",
    )
    return "\n".join(lines)


def _in_words(command: PyinfraCommand) -> str:
    if isinstance(command, StringCommand):
        return command.get_masked_value()
    if isinstance(command, FileUploadCommand | RsyncCommand):
        return f"upload {command.dest}"
    if isinstance(command, FunctionCommand):
        return f"call {command.function.__name__}"
    return type(command).__name__
