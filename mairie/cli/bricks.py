"""The option that restricts a command to some bricks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from mairie.plan.host import Brick

F = TypeVar("F", bound=Callable[..., Any])


def only_option(function: F) -> F:
    """Add ``--only BRICK``, passed as ``only``, a tuple; empty means all."""
    return click.option(
        "--only",
        multiple=True,
        type=click.Choice(get_args(Brick)),
        help="Only this brick; may be repeated.",
    )(function)
