"""HostPlan and HostSecrets to JSON and back, byte for byte the same for the same value."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mairie.plan.host import HostPlan, HostSecrets

T = TypeVar("T", HostPlan, HostSecrets)


def to_json(value: HostPlan | HostSecrets) -> bytes:
    """Encode with fields in declared order, mapping keys sorted, indented, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Decode strictly.

    Raises:
        msgspec.ValidationError: the JSON is not a value of that kind.

    """
    return msgspec.json.decode(data, type=kind)


def to_builtins(value: HostPlan | HostSecrets) -> Any:
    """Return dicts, lists and scalars, for templates of another language and for plain pyinfra."""
    return msgspec.to_builtins(value)


def from_builtins(value: Any, kind: type[T]) -> T:
    """Turn what ``to_builtins`` gave back into a value.

    Raises:
        msgspec.ValidationError: the data is not a value of that kind.

    """
    return msgspec.convert(value, type=kind)
