"""Change ``syndicate.yaml`` line by line, so that comments, order and layout stay as written.

Pure functions on the text. Positions come from the YAML parser; what is written is checked by the
caller, which loads the result before it takes the file's place.
"""

from __future__ import annotations

from typing import Any

import yaml

from mairie.errors import MairieError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = 2


def add_peer(text: str, name: str, label: str, index: int, key: str) -> str:
    """Return the text with one more entry at the end of ``peers``.

    Raises:
        MairieError: ``peers`` is written in braces.

    """
    lines = text.splitlines(keepends=True)
    fields = {"label": label, "index": index, "wireguard": key}
    found = _child(_root(text), "peers")
    if found is None:
        return text + _gap(text) + "peers:\n" + _entry(name, fields, _STEP)
    key_node, value = found
    if isinstance(value, yaml.MappingNode) and value.value:
        _refuse_braces(value, "peers")
        at = _last_line(value) + 1
        entry = _entry(name, fields, value.value[0][0].start_mark.column)
    else:
        # "peers:" or "peers: {}": the key keeps its line, the entry follows.
        at = _last_line(value) + 1
        del lines[key_node.start_mark.line : at]
        at = key_node.start_mark.line
        entry = "peers:\n" + _entry(name, fields, _STEP)
    return _insert(lines, at, entry)


def remove_peer(text: str, name: str) -> str:
    """Return the text without one entry of ``peers``, and without ``peers`` when it was the last.

    Raises:
        MairieError: ``peers`` is written in braces.
        KeyError: there is no such entry.

    """
    found = _child(_root(text), "peers")
    if found is None:
        raise KeyError(name)
    key_node, value = found
    _refuse_braces(value, "peers")
    entry = _child(value, name)
    if entry is None:
        raise KeyError(name)
    outer = (key_node, value) if len(value.value) == 1 else entry
    return _without(text, [outer])


def add_technician_peer(text: str, name: str, index: int, key: str) -> str:
    """Return the text with a VPN peer at the end of a technician's entry.

    Raises:
        MairieError: the entry is written in braces.
        KeyError: there is no such technician.

    """
    value = _technician(text, name)
    column = value.value[0][0].start_mark.column
    fields = _fields({"index": index, "wireguard": key}, column)
    return _insert(text.splitlines(keepends=True), _last_line(value) + 1, fields)


def remove_technician_peer(text: str, name: str) -> str:
    """Return the text without the VPN peer of a technician, who stays.

    Raises:
        MairieError: the entry is written in braces.
        KeyError: there is no such technician.

    """
    value = _technician(text, name)
    pairs = [_child(value, key) for key in ("index", "wireguard")]
    return _without(text, [pair for pair in pairs if pair is not None])


def parse(text: str) -> Any:
    """Return the data of a text that is known to be valid YAML."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C


def _technician(text: str, name: str) -> yaml.MappingNode:
    people = _child(_root(text), "technicians")
    entry = _child(people[1], name) if people is not None else None
    if entry is None:
        raise KeyError(name)
    _refuse_braces(entry[1], f"technicians.{name}")
    assert isinstance(entry[1], yaml.MappingNode)  # noqa: S101 - the caller loaded the file
    return entry[1]


def _root(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=_LOADER)
    if root is None:
        raise MairieError("syndicate.yaml is empty")
    return root


def _child(node: yaml.Node, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == name:
            return key, value
    return None


def _last_line(node: yaml.Node) -> int:
    """Return the last line, from 0, with a character of the node.

    The end of a block mapping is, for the parser, where the next token starts: after comments.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    past = end.column == 0 and end.line > node.start_mark.line
    return int(end.line) - 1 if past else int(end.line)


def _refuse_braces(node: yaml.Node, where: str) -> None:
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        raise MairieError(
            f"syndicate.yaml: {where} is written in braces, which mairie does not edit; write it "
            "one key a line, indented, and try again"
        )


def _entry(name: str, fields: dict[str, object], column: int) -> str:
    return f"{' ' * column}{name}:\n" + _fields(fields, column + _STEP)


def _fields(fields: dict[str, object], column: int) -> str:
    return "".join(f"{' ' * column}{key}: {_scalar(value)}\n" for key, value in fields.items())


def _scalar(value: object) -> str:
    return yaml.safe_dump(value, allow_unicode=True, width=1000).splitlines()[0]


def _gap(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"


def _insert(lines: list[str], at: int, entry: str) -> str:
    before = "".join(lines[:at])
    return before + _gap(before) + entry + "".join(lines[at:])


def _without(text: str, pairs: list[tuple[yaml.Node, yaml.Node]]) -> str:
    dropped = {
        line for key, value in pairs for line in range(key.start_mark.line, _last_line(value) + 1)
    }
    lines = text.splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines) if number not in dropped)
