"""A small host plan for tests of the host side, whatever fields plans have."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from mairie.plan.host import HostPlan, HostSecrets

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


def blank(kind: Any) -> Any:
    """Return the emptiest value of a type of the plan."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: blank(hints[field.name]) for field in dataclasses.fields(kind)})
    if origin in {typing.Union, types.UnionType}:
        return None
    if origin is typing.Literal:
        return typing.get_args(kind)[0]
    return (origin or kind)()


def a_plan(**changes: Any) -> HostPlan:
    plan: HostPlan = blank(HostPlan)
    values: dict[str, Any] = {
        "name": "rapa-mairie-gw",
        "territory": "demo",
        "roles": ("gateway",),
        "bricks": ("base",),
    }
    return dataclasses.replace(plan, **{**values, **changes})


def some_secrets() -> HostSecrets:
    return HostSecrets(wireguard_private_key=SECRET)
