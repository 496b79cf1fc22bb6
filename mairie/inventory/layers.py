"""``group_data/*.py`` as plain data, with the line of every key that is written literally.

The files are Python because pyinfra reads the same ones; they are executed, as pyinfra does.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Document, Key, read_text
from mairie.plan.reference import merge


@dataclass
class LayerFile:
    """One file of ``group_data/``."""

    path: Path
    document: Document


def merged_layers(files: Mapping[str, tuple[LayerFile, ...]]) -> dict[str, Mapping[str, Any]]:
    """Return each layer with the syndicate's own file over the reference's."""
    return {
        stem: merge([(file.document.file, file.document.data) for file in group]).values
        if len(group) > 1
        else group[0].document.data
        for stem, group in files.items()
    }


def read_layer(path: Path, shown: str) -> Document:
    """Read one layer; what is wrong with it is in ``problems``, and ``data`` is then empty."""
    document = Document(shown, data={})
    text = read_text(path, document)
    if text is None:
        return document
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(text, str(path), "exec"), names)  # noqa: S102 - as pyinfra runs group_data
    except SyntaxError as error:
        _refuse(document, error.lineno or 1, f"Python syntax: {error.msg}")
    except (Exception, SystemExit) as error:
        _refuse(document, _line_of(error, str(path)), f"{type(error).__name__}: {error}")
    else:
        document.data = _plain(names, document)
        document.complete = True
    return document


def _refuse(document: Document, line: int, message: str) -> None:
    document.problems.append(Problem(document.file, line, "", message))


def _line_of(error: BaseException, file: str) -> int:
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _plain(names: dict[str, Any], document: Document) -> dict[str, Any]:
    """Return the public names as JSON data; a name that is not plain data is a problem."""
    data: dict[str, Any] = {}
    exported = names.get("__all__")
    for name, value in names.items():
        if name.startswith("_") or (name not in exported if exported is not None else False):
            continue
        if isinstance(value, ModuleType) or callable(value) or name == "annotations":
            continue
        try:
            data[name] = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError):
            message = "not plain data; write text, numbers, lists and dictionaries alone"
            document.problems.append(Problem(document.file, 1, name, message))
    return data


def locate_keys(path: Path, document: Document) -> None:
    """Fill the lines of a layer's keys; only needed once one of them is wrong or explained."""
    if document.lines:
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and statement.value is not None:  # type: ignore[attr-defined]
                document.lines[(target.id,)] = statement.lineno
                document.lines.update(_keys((target.id,), statement.value))  # type: ignore[attr-defined]


def _keys(path: Key, node: ast.expr) -> Iterator[tuple[Key, int]]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                here = (*path, key.value)
                yield here, key.lineno
                yield from _keys(here, value)
    elif isinstance(node, ast.List | ast.Tuple):
        for number, item in enumerate(node.elts):
            yield (*path, number), item.lineno
            yield from _keys((*path, number), item)
