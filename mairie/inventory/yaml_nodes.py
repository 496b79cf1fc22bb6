"""YAML text to plain data with the line of every key, and sentences for what YAML can get wrong.

Built from parser events, so neither nesting nor size of a damaged file can exhaust the stack.
Plain scalars follow the YAML 1.2 core schema, as editors do: ``22:00``, ``no`` and ``0644`` are
text, never a number of minutes, a boolean or an octal number as YAML 1.1 would have them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mairie.inventory.problems import Problem

Key = tuple[str | int, ...]

MAX_BYTES = 512 * 1024
MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 18

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_FORBIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"))
_NO_ALIAS = "anchors and aliases are not used here; write the value out"


def dotted(path: Key) -> str:
    """Return ``uplinks[0].down`` for ``("uplinks", 0, "down")``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def child(value: Any, part: str | int) -> tuple[bool, Any]:
    """Return whether plain data has something under a key or number, and what."""
    if isinstance(value, dict) and part in value:
        return True, value[part]
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return True, value[part]
    return False, None


@dataclass
class Document:
    """One file as plain data, with the place of everything in it."""

    file: str
    data: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    """Line of the key (of the item, in a list) by path."""
    source: dict[Key, str] = field(default_factory=dict)
    """What is written, for plain scalars that are not text."""
    problems: list[Problem] = field(default_factory=list)
    complete: bool = False
    """The whole file was read: no syntax error cut it short."""

    def line(self, path: Key) -> int:
        """Return the line of a path, or of its nearest parent that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Key, message: str, *, line: int | None = None) -> Problem:
        """Return a problem of this file at a path; the caller collects it."""
        return Problem(self.file, self.line(path) if line is None else line, dotted(path), message)


def read(path: Path, shown: str) -> Document:
    """Read one YAML file; what is wrong with it is in ``problems``, and ``data`` is then partial.

    Args:
        path: the file.
        shown: how messages name it.

    """
    document = Document(shown)
    text = read_text(path, document)
    if text is not None:
        parse(text, document)
    return document


def read_text(path: Path, document: Document) -> str | None:
    """Return the text of a file, or None with a problem noted."""
    message, line = _not_a_file(path), 0
    raw = b""
    if message is None:
        try:
            raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
            return raw.decode("utf-8")
        except OSError as error:
            message = _unreadable(error)
        except UnicodeDecodeError as error:
            message = f"not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
            line = raw.count(b"\n", 0, error.start) + 1
    document.problems.append(Problem(document.file, line, "", message))
    return None


def _not_a_file(path: Path) -> str | None:
    """Return why a path cannot be an inventory file, or None."""
    reason = None
    try:
        if path.is_dir():
            reason = "is a folder; a YAML file is expected here"
        elif not path.exists():
            link = path.is_symlink()
            reason = "is a link that leads nowhere; write the file" if link else "no such file"
        elif not path.is_file():
            reason = "is not an ordinary file; a YAML file is expected here"
        elif path.stat().st_size > MAX_BYTES:
            reason = f"is larger than {MAX_BYTES // 1024} kB; this cannot be an inventory file"
    except (OSError, RuntimeError) as error:  # RuntimeError: loop of links, before Python 3.13
        reason = _unreadable(error)
    return reason


def _unreadable(error: OSError | RuntimeError) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {reason.lower()}"


def parse(text: str, document: Document) -> None:
    """Fill a document from YAML text; syntax problems are noted in it."""
    try:
        _Builder(document).build(yaml.parse(text, Loader=_LOADER))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if error.position <= len(text) else 1
        message = f"YAML syntax: character U+{_codepoint(error):04X} is not allowed"
        document.problems.append(Problem(document.file, line, "", message))
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax_problem(document.file, error))
    except yaml.YAMLError as error:
        message = f"YAML syntax: {' '.join(str(error).split())}"
        document.problems.append(Problem(document.file, 1, "", message))


def _codepoint(error: yaml.reader.ReaderError) -> int:
    character = error.character
    return ord(character[:1]) if isinstance(character, str) and character else int(character or 0)


_SYNTAX_HINTS = (
    ("tab character", "indent with spaces"),
    ("cannot start any token", "put text that starts with this character in quotes"),
    ("mapping values are not allowed", 'put text that contains ": " in quotes'),
    ("could not find expected ':'", "a key is followed by a colon and a space"),
    ("did not find expected key", "check the indentation and the quotes above this line"),
    ("did not find expected ',' or", "check that every [ and { is closed"),
    ("unexpected end of stream", "a quote is opened and never closed"),
    ("did not find expected '-'", "check the indentation of the list"),
    ("expected node content", "a value or a closing bracket is missing"),
    ("block sequence entries", "a list starts on its own line, under its key"),
)


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = error.problem or error.context or "not YAML"
    hint = next((hint for words, hint in _SYNTAX_HINTS if words in what), None)
    return Problem(
        file,
        mark.line + 1 if mark else 1,
        "",
        f"YAML syntax: {what}" + (f"; {hint}" if hint else ""),
    )


class _RefusedError(Exception):
    """Nothing more can be read from the document."""


@dataclass
class _Open:
    """A list or mapping that is being filled."""

    value: dict[str, Any] | list[Any]
    path: Key
    key: str | None = None
    """In a mapping, the key whose value comes next."""
    repeated: bool = False
    """That key was there already: its value is read and forgotten."""


class _Builder:
    """Turns parser events into plain data without recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Open] = []
        self.documents = 0

    def build(self, events: Any) -> None:
        try:
            for event in events:
                self._event(event, event.start_mark.line + 1)
        except _RefusedError:
            self.document.data = None
            return
        self.document.complete = self.document.data is not None
        if self.document.data is None and not self.document.problems:
            self._note(1, (), "the file is empty")

    def _note(self, line: int, path: Key, message: str) -> None:
        self.document.problems.append(self.document.problem(path, message, line=line))

    def _event(self, event: Any, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._note(line, (), "a second document starts here (---); keep one per file")
                raise _RefusedError
        elif isinstance(event, yaml.AliasEvent):
            self._note(line, self._path(), _NO_ALIAS)
            self._add(None, line)
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.anchor is not None:
                self._note(line, self._path(), _NO_ALIAS)
            if event.tag not in (None, "!"):
                self._note(line, self._path(), f"tags are not used here; remove {event.tag}")
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            else:
                self._collection({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()

    def _path(self) -> Key:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return top.path if top.key is None else (*top.path, top.key)

    def _collection(self, value: dict[str, Any] | list[Any], line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._note(line, (), f"nested more than {MAX_DEPTH} levels deep")
            raise _RefusedError
        path = self._path()
        self._add(value, line)
        self.stack.append(_Open(value, path))

    def _scalar(self, event: Any, line: int) -> None:
        text: str = event.value.rstrip("\n") if event.style in ("|", ">") else event.value
        if (bad := _forbidden(text)) is not None:
            hint = "; write it on one line" if bad == "\n" else ""
            message = f"character U+{ord(bad):04X} is not allowed in a text{hint}"
            self._note(line, self._path(), message)
            text = "".join(character for character in text if _forbidden(character) is None)
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._set_key(top, text, line)
            return
        value = _plain(text) if event.implicit[0] else text
        if not isinstance(value, str):
            self.document.source[self._path()] = text
        self._add(value, line)

    def _set_key(self, top: _Open, text: str, line: int) -> None:
        path = (*top.path, text)
        top.key = text
        top.repeated = text in top.value
        if top.repeated:
            first = self.document.lines.get(path, line)
            self._note(line, path, f"key written twice; it is already on line {first}")
        self.document.lines.setdefault(path, line)

    def _add(self, value: Any, line: int) -> None:
        if not self.stack:
            self.document.lines[()] = line
            self.document.data = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            self.document.lines.setdefault((*top.path, len(top.value)), line)
            top.value.append(value)
            return
        if top.key is None:
            self._note(line, top.path, "a key must be text")
            raise _RefusedError
        if not top.repeated:
            top.value[top.key] = value
        top.key = None


def _forbidden(text: str) -> str | None:
    """Return the first character that no inventory text may hold: controls, bidi marks, halves."""
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            return character
    return None


def _plain(text: str) -> Any:
    """Resolve an unquoted scalar after the YAML 1.2 core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= MAX_INTEGER_DIGITS:
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
    return text
