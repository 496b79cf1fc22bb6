"""The reference for one host: layers merged deeply, with the origin of every value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mairie.model.reference import Reference
from mairie.model.territory import Territory
from mairie.plan.slug import slug

Layer = tuple[str, Mapping[str, Any]]
"""A layer's name, for people, and its values."""


@dataclass(frozen=True)
class Merged:
    """What the layers give together."""

    values: dict[str, Any]
    origin: dict[str, str]
    """Name of the layer that wrote each leaf, by dotted path (``segments.public.rate_limit``)."""


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge mappings deeply, later layers over earlier; lists replace, None removes a key."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, data in layers:
        _merge_into(values, data, name, "", origin)
    return Merged(values, origin)


def _merge_into(
    target: dict[str, Any], data: Mapping[str, Any], layer: str, path: str, origin: dict[str, str]
) -> None:
    for key, value in data.items():
        here = f"{path}.{key}" if path else str(key)
        existing = target.get(key)
        if isinstance(value, Mapping) and isinstance(existing, dict):
            _merge_into(existing, value, layer, here, origin)
            continue
        if key in target:
            _forget(origin, here)
            del target[key]
        if isinstance(value, Mapping):
            _merge_into(target.setdefault(key, {}), value, layer, here, origin)
        elif value is not None:
            target[key] = value
            origin[here] = layer


def _forget(origin: dict[str, str], path: str) -> None:
    for known in [known for known in origin if known == path or known.startswith(path + ".")]:
        del origin[known]


def layers_of(
    territory: Territory, commune_stem: str | None, roles: Sequence[str]
) -> Iterator[Layer]:
    """Yield the layers of one host, broadest first.

    ``all`` < syndicate < archipelago < island < role < commune file.
    """
    commune = territory.communes[commune_stem] if commune_stem is not None else None
    yield "group_data/all.py", territory.layers["all"]
    yield "syndicate.yaml", territory.syndicate.overrides
    places = (commune.archipelago, slug(commune.island or "")) if commune is not None else ()
    for stem in (*places, *roles):
        if stem and stem in territory.layers:
            yield f"group_data/{stem}.py", territory.layers[stem]
    if commune is not None:
        name = f"communes/{commune_stem}.yaml"
        yield name, commune.overrides
        if commune.flows:
            flows = {key: flow.model_dump(by_alias=True) for key, flow in commune.flows.items()}
            yield name, {"flows": flows}


class ReferenceBook:
    """The reference of each host of one territory; hosts with the same layers share one."""

    def __init__(self, territory: Territory) -> None:
        self._territory = territory
        self._known: dict[tuple[object, ...], Reference] = {}

    def for_host(self, commune_stem: str | None, roles: Sequence[str]) -> Reference:
        """Return the reference of a host of the commune (None for a hub) with those roles.

        Raises:
            pydantic.ValidationError: the merged layers are not a reference.

        """
        key = self._key(commune_stem, roles)
        if key not in self._known:
            merged = merge(list(layers_of(self._territory, commune_stem, roles)))
            self._known[key] = Reference.model_validate(merged.values)
        return self._known[key]

    def _key(self, stem: str | None, roles: Sequence[str]) -> tuple[object, ...]:
        if stem is None:
            return (tuple(roles),)
        commune = self._territory.communes[stem]
        places = (commune.archipelago or "", slug(commune.island or ""))
        known = tuple(place for place in places if place in self._territory.layers)
        local = stem if commune.flows or commune.overrides else None
        return (known, tuple(roles), local)
