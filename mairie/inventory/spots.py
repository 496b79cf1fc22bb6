"""What the models allow at a path of the data: keys, types, bounds and words."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mairie.model.base import parse_rate, parse_size


@dataclass
class Spot:
    """What may stand at one path."""

    types: list[Any] = field(default_factory=list)
    metadata: list[Any] = field(default_factory=list)
    description: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that a mapping may have here; empty when they are free."""
        for kind in self.types:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                return tuple(info.alias or name for name, info in kind.model_fields.items())
        return ()

    @property
    def words(self) -> tuple[str, ...]:
        """Words that are allowed here; empty when they are free."""
        return tuple(
            str(word)
            for kind in self.types
            if get_origin(kind) is Literal
            for word in get_args(kind)
        )

    @property
    def is_rate(self) -> bool:
        """Whether a number here is a rate in bit/s."""
        return any(getattr(item, "func", None) is parse_rate for item in self.metadata)

    @property
    def is_size(self) -> bool:
        """Whether a number here is a size in bytes."""
        return any(getattr(item, "func", None) is parse_size for item in self.metadata)

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """Smallest and largest number, None where there is no limit."""
        low = high = None
        for item in self.metadata:
            if isinstance(item, annotated_types.Ge):
                low = item.ge
            elif isinstance(item, annotated_types.Le):
                high = item.le
        return low, high  # type: ignore[return-value]

    def is_a(self, *kinds: type) -> bool:
        """Whether one of the types may stand here."""
        return any(kind in self.types for kind in kinds)


def spot(model: type[BaseModel], path: Sequence[str | int]) -> Spot:
    """Return what may stand at a path of a model's data; an empty spot beyond what is declared."""
    annotation: Any = model
    description = ""
    for part in path:
        info = _step(annotation, part)
        if info is None:
            return Spot()
        annotation, description = info
    found = Spot(description=description)
    for kind, metadata in _flatten(annotation):
        found.types.append(kind)
        found.metadata.extend(metadata)
    return found


def _step(annotation: Any, part: str | int) -> tuple[Any, str] | None:
    for kind, _ in _flatten(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(part, str):
            for name, info in kind.model_fields.items():
                if part in (info.alias, name):
                    typed = Annotated[info.annotation, *info.metadata, None]  # type: ignore[name-defined]
                    return typed, info.description or ""
        elif get_origin(kind) is dict and isinstance(part, str):
            return get_args(kind)[1], ""
        elif get_origin(kind) is tuple and isinstance(part, int):
            return get_args(kind)[0], ""
    return None


def _flatten(annotation: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each alternative of a type with what annotates it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *notes = get_args(annotation)
        metadata: list[Any] = []
        for note in notes:
            metadata.extend(note.metadata if isinstance(note, FieldInfo) else [note])
        for kind, more in _flatten(inner):
            yield kind, [*more, *metadata]
    elif origin in (Union, types.UnionType):
        for alternative in get_args(annotation):
            yield from _flatten(alternative)
    else:
        yield annotation, []
