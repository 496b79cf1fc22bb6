"""What is allowed is read from the models: every pattern has words, every field is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from mairie.inventory.messages import PATTERNS
from mairie.inventory.spots import spot
from mairie.model.commune import Commune
from mairie.model.reference import Reference
from mairie.model.syndicate import Syndicate


def patterns(annotation: Any, seen: set[Any]) -> Iterator[str]:
    if isinstance(annotation, FieldInfo):
        for note in annotation.metadata:
            yield from patterns(note, seen)
        yield from patterns(annotation.annotation, seen)
    elif isinstance(annotation, StringConstraints):
        if annotation.pattern is not None:
            yield str(annotation.pattern)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for info in annotation.model_fields.values():
                yield from patterns(info, seen)
    else:
        for part in get_args(annotation):
            yield from patterns(part, seen)


@pytest.mark.parametrize("model", [Syndicate, Commune, Reference])
def test_every_pattern_is_said_in_words(model: type[BaseModel]) -> None:
    found = set(patterns(model, set()))
    assert len(found) >= 3
    assert found <= set(PATTERNS)


@pytest.mark.parametrize(
    ("model", "path", "attribute", "expected"),
    [
        (Commune, ("uplinks", 0, "kind"), "words", ("fibre", "dsl", "4g", "satellite")),
        (Commune, ("uplinks", 0, "rtt_ms"), "bounds", (1, 2000)),
        (Commune, ("sites", "x", "uplinks", 0, "up"), "bounds", (9_600, 100_000_000_000)),
        (Commune, ("uplinks", 0, "up"), "is_rate", True),
        (Commune, ("uplinks", 0, "rtt_ms"), "is_rate", False),
        (Commune, ("index",), "bounds", (1, None)),
        (Reference, ("segments", "x", "rate_limit"), "is_rate", True),
        (
            Reference,
            ("flows", "x", "from"),
            "description",
            "A segment, or technicians, hub, gateway, access-points, ap-hosts, telephony, mail",
        ),
        (Syndicate, ("supernet",), "keys", ("ipv4", "ipv6")),
        (Reference, ("flows", "x"), "keys", ("from", "to", "services", "scope", "reason")),
        (Commune, ("overrides", "segments", "x"), "keys", ()),
        (Commune, ("nowhere", 0), "types", []),
    ],
)
def test_what_may_stand_there(
    model: type[BaseModel], path: tuple[str | int, ...], attribute: str, expected: object
) -> None:
    assert getattr(spot(model, path), attribute) == expected
