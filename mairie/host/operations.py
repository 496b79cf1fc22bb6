"""pyinfra operations for the files mairie owns, over ``@local`` and SSH alike.

A file is written beside its place, in a directory only root can enter, given its mode and owner,
read by the program it is meant for (``check``), and only then renamed over the old one: a host
never has half a file, nor one its service refuses. Contents come on standard input, never in a
command line. One command does all that: a first deploy places more than a hundred files.
"""

from __future__ import annotations

import hashlib
import posixpath
import shlex
from collections.abc import Generator, Sequence

from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import OperationError
from pyinfra.api.operation import operation
from pyinfra.context import host

from mairie.host.facts import (
    FileState,
    HeldBricks,
    ManagedFiles,
    PendingBricks,
    PlacedFiles,
)
from mairie.host.known import known
from mairie.host.state import FILES, PENDING

STAGING = ".mairie"
"""Name of the 0700 directory beside a file being replaced; gone once the file is in place."""
_UNITS = "/etc/systemd/system"


class PlaceFile(StringCommand):
    """A script and, on its standard input, the content of the file that it places."""

    def __init__(self, script: str, content: bytes, path: str, *, secret: bool) -> None:
        super().__init__(script, _stdin=content.decode())
        self.content = content
        self.path = path
        self.secret = secret

    def __repr__(self) -> str:
        """Name the file, never its content."""
        return f"PlaceFile({self.path})"


def _mode(mode: str) -> str:
    digits = mode.lstrip("0") or "0"
    if not digits.isdigit() or any(d in "89" for d in digits):
        raise OperationError(f"mode {mode!r} is not octal; write it as '644' or '0600'.")
    return digits


def install_script(
    path: str,
    size: int,
    *,
    mode: str,
    owner: str,
    group: str,
    check: Sequence[str] | None,
    secret: bool,
    mark: str,
) -> str:
    """Return the shell lines that take a file from stdin, check it and rename it, or fail."""
    q = shlex.quote
    parent, base = posixpath.split(path)
    directory = posixpath.join(parent, STAGING)
    staging = posixpath.join(directory, base)
    lines = [
        f"t={q(staging)} d={q(directory)}",
        # What is still to come on stdin is read to its end: pyinfra falls over a closed pipe.
        'undo() { cat >/dev/null; rm -f "$t"; rmdir "$d" 2>/dev/null; '
        f'echo {q(f"{path} was not replaced: ")}"$1" >&2; exit 1; }}',
        "umask 022",
        f'{mark}{{ [ -d {q(parent)} ] || mkdir -p {q(parent)}; }} || undo "no folder for it"',
        'mkdir -m 700 "$d" 2>/dev/null || chmod 700 "$d" || undo "no folder beside it"',
        "umask 077",
        # pyinfra ends stdin with a newline, and a link that is cut ends it anywhere.
        f'head -c {size} >"$t" && [ "$(wc -c <"$t")" -eq {size} ] || undo "not all of it arrived"',
        f'chown {q(owner)}:{q(group)} "$t" && chmod {mode} "$t" || undo "owner or mode refused"',
    ]
    if check is not None:
        program = check[0]
        command = " ".join(q(word.replace("{}", staging)) for word in check)
        hide = ">/dev/null 2>&1" if secret else ">&2"
        hidden = " (its words are hidden: the file holds secrets)" if secret else ""
        lines += [
            f"command -v {q(program)} >/dev/null || undo {q(f'{program} is not installed')}",
            f"{command} {hide} </dev/null || undo {q(f'{program} refused it{hidden}')}",
        ]
    lines += [
        'sync "$t"',
        f'mv -fT "$t" {q(path)} || undo "rename failed"',
        'rmdir "$d" 2>/dev/null || true',
    ]
    return "\n".join(lines)


def _found(path: str, together: tuple[str, ...]) -> FileState | None:
    """Return what stands at the path, from one look at all that are placed together."""
    if not together:
        return host.get_fact(ManagedFiles, paths=(path,)).get(path)
    # pyinfra looks at prepare and again at execute, when much may have changed in between.
    looks = host.connector_data.setdefault(f"mairie_looks_{host.state.is_executing}", {})
    if together not in looks:
        looks[together] = host.get_fact(ManagedFiles, paths=together)
    found: FileState | None = looks[together].get(path)
    return found


def _same_content(found: FileState | None, data: bytes) -> bool:
    return (
        found is not None
        and found.kind == "regular file"
        and found.sha256 == hashlib.sha256(data).hexdigest()
    )


@operation()
def managed_file(
    path: str,
    content: str,
    *,
    mode: str = "644",
    owner: str = "root",
    group: str = "root",
    check: Sequence[str] | None = None,
    secret: bool = False,
    brick: str | None = None,
    together: tuple[str, ...] = (),
) -> Generator[StringCommand, None, None]:
    """Make ``path`` a regular file with this content, mode and owner.

    Args:
        path: absolute.
        content: the whole text.
        mode: octal digits.
        owner: name of a user that exists when the operation runs.
        group: name of a group, likewise.
        check: words of a command that must succeed before the old file is replaced; ``{}`` stands
            for the path of the new one, which keeps its base name: ``("nft", "-c", "-f", "{}")``.
        secret: the content and the words of ``check`` may not be shown.
        brick: whose services read the file; a change marks it pending until ``settle``.
        together: paths of the operations right before and after this one, itself included, with
            nothing in between that could change them: all are looked at in one command.

    """
    if not path.startswith("/") or path.endswith("/"):
        raise OperationError(f"{path!r} is not the absolute path of a file.")
    mode = _mode(mode)
    found = _found(path, together)
    if found is not None and found.kind == "directory":
        raise OperationError(f"{path} is a directory on the host; remove it first.")
    data = content.encode()
    q = shlex.quote
    mark = ""
    if brick:
        mark = f"{{ [ -d {PENDING} ] || mkdir -p {PENDING}; }} && : >{PENDING}/{q(brick)} && "
    if not _same_content(found, data):
        script = install_script(
            path,
            len(data),
            mode=mode,
            owner=owner,
            group=group,
            check=check,
            secret=secret,
            mark=mark,
        )
        yield PlaceFile(script, data, path, secret=secret)
    elif found is not None and (found.owner, found.group, found.mode) != (owner, group, mode):
        yield StringCommand(
            f"{mark}chown {q(owner)}:{q(group)} {q(path)} && chmod {mode} {q(path)}"
        )
    else:
        host.noop(f"{path} is as it should be")


@operation()
def managed_folder(
    path: str, *, mode: str = "755", owner: str = "root", group: str = "root"
) -> Generator[StringCommand, None, None]:
    """Have a folder, with those above it.

    Args:
        path: absolute.
        mode: octal digits.
        owner: name of a user that exists when the operation runs.
        group: name of a group, likewise.

    """
    mode = _mode(mode)
    q = shlex.quote
    found = known(ManagedFiles, paths=(path,)).get(path)
    if found is not None and found.kind != "directory":
        raise OperationError(f"{path} is a {found.kind} on the host; move it away first.")
    if found is None:
        yield StringCommand(
            f"mkdir -p {q(path)} && chown {q(owner)}:{q(group)} {q(path)} && chmod {mode} {q(path)}"
        )
    elif (found.owner, found.group, found.mode) != (owner, group, mode):
        yield StringCommand(f"chown {q(owner)}:{q(group)} {q(path)} && chmod {mode} {q(path)}")
    else:
        host.noop(f"{path} is as it should be")


def _forget(brick: str) -> str:
    return f"rm -f {FILES}/{shlex.quote(brick)}"


def _remove(paths: list[str]) -> str:
    return "rm -f -- " + " ".join(shlex.quote(path) for path in paths)


@operation()
def placed_files(brick: str, paths: tuple[str, ...]) -> Generator[StringCommand, None, None]:
    """Remove the files this brick placed earlier and no longer renders; remember what it places.

    Args:
        brick: its name.
        paths: absolute paths of every file it places now.

    """
    before = known(PlacedFiles).get(brick, ())
    now = tuple(sorted(paths))
    if before == now:
        host.noop(f"{brick} places the same files as before")
        return
    gone = sorted(set(before) - set(now))
    if gone:
        pending = f"{PENDING}/{shlex.quote(brick)}"
        yield StringCommand(f"mkdir -p {PENDING} && : > {pending} && {_remove(gone)}")
    listed = " ".join(shlex.quote(path) for path in now) or "''"
    target = f"{FILES}/{shlex.quote(brick)}"
    yield StringCommand(
        f"umask 077 && mkdir -p {FILES} && printf '%s\\n' {listed} > {target}.new "
        f"&& mv -f {target}.new {target}"
    )


def _units(paths: list[str]) -> list[str]:
    """Return the units among the files of a brick, templates of units apart."""
    names = [path.removeprefix(f"{_UNITS}/") for path in paths if path.startswith(f"{_UNITS}/")]
    kinds = (".path", ".service", ".socket", ".timer")
    return [
        shlex.quote(name)
        for name in names
        if "/" not in name and "@" not in name and name.endswith(kinds)
    ]


def _templates(paths: list[str]) -> list[str]:
    """Return the templates of services among the files of a brick, without ``@.service``."""
    ending = "@.service"
    names = [path.removeprefix(f"{_UNITS}/") for path in paths if path.startswith(f"{_UNITS}/")]
    return [
        shlex.quote(name.removesuffix(ending))
        for name in names
        if "/" not in name and name.endswith(ending)
    ]


@operation()
def retire(bricks: tuple[str, ...]) -> Generator[StringCommand, None, None]:
    """Stop the units of bricks that are no longer part of this host's plan; remove their files.

    A brick that holds something which only it can bring to its end (records that the law has kept
    for a year, then erased) stays until that is done: see HeldBricks.

    Args:
        bricks: the bricks the plan has.

    """
    recorded = known(PlacedFiles)
    gone = [brick for brick in recorded if brick not in bricks and not brick.endswith(".new")]
    held = host.get_fact(HeldBricks) if gone else ()
    for brick in gone:
        if brick in held:
            continue
        paths = list(recorded[brick])
        commands = [_remove(paths)] if paths else []
        if templates := _templates(paths):
            commands.insert(
                0,
                f"for name in {' '.join(templates)}; do [ ! -e {_UNITS}/$name@.service ] || "
                '{ systemctl stop "$name@*.service" && '
                "systemctl disable --quiet $name@.service; } || exit 1; done",
            )
        if units := _units(paths):
            # One that somebody has removed by hand is no reason to keep the others.
            commands.insert(
                0,
                f"for unit in {' '.join(units)}; do [ ! -e {_UNITS}/$unit ] || "
                "systemctl disable --quiet --now $unit || exit 1; done",
            )
        if units or templates:
            commands.append("systemctl daemon-reload")
        yield StringCommand(" && ".join([*commands, _forget(brick)]))


@operation()
def settle(bricks: tuple[str, ...]) -> Generator[StringCommand, None, None]:
    """Forget that these bricks had changes pending: their services have been told.

    Args:
        bricks: those that ran to their end.

    """
    pending = [brick for brick in host.get_fact(PendingBricks) if brick in bricks]
    if pending:
        yield StringCommand(_remove([f"{PENDING}/{brick}" for brick in pending]))
