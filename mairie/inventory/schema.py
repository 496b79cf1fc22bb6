"""JSON Schemas of the inventory files, for completion and hover help in an editor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from mairie.inventory import official
from mairie.inventory.checks.reference import ZONES
from mairie.model.commune import Commune
from mairie.model.reference import Reference
from mairie.model.syndicate import Syndicate

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that editors' YAML language server knows best."""

Schema = dict[str, Any]


def schemas(reference: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each schema by file name, the same for the same models.

    Args:
        reference: merged values whose segments, services and flows an editor proposes.

    """
    models: Mapping[str, tuple[type[BaseModel], str]] = {
        "syndicate.schema.json": (Syndicate, "syndicate.yaml of a mairie inventory"),
        "commune.schema.json": (Commune, "communes/<name>.yaml of a mairie inventory"),
    }
    return {
        file: json.dumps(_schema(model, title, reference), ensure_ascii=False, indent=2) + "\n"
        for file, (model, title) in models.items()
    }


def _schema(model: type[BaseModel], title: str, reference: Mapping[str, Any]) -> Schema:
    schema = model.model_json_schema(by_alias=True)
    partial = Reference.model_json_schema(ref_template="#/$defs/Partial{model}")
    definitions = schema.setdefault("$defs", {})
    for name, definition in partial.pop("$defs").items():
        definitions[f"Partial{name}"] = _partial(definition)
    definitions["PartialReference"] = _partial(partial)
    schema["properties"]["overrides"] = {
        "$ref": "#/$defs/PartialReference",
        "description": schema["properties"]["overrides"].get("description", ""),
    }
    _propose(definitions, reference)
    if model.__name__ == "Commune":
        _propose_places(schema["properties"])
    return {"$schema": DIALECT, **schema, "title": title}


def _partial(definition: Schema) -> Schema:
    """Make every key optional; a value of null removes what a broader layer wrote."""
    definition.pop("required", None)
    properties = definition.get("properties", {})
    for item in properties.values():
        for key in ("additionalProperties", "patternProperties"):
            if isinstance(item.get(key), dict):
                item[key] = _nullable(key, item[key])
    return definition


def _nullable(key: str, values: Schema) -> Schema:
    if key == "additionalProperties":
        return {"anyOf": [values, {"type": "null"}]}
    return {pattern: {"anyOf": [value, {"type": "null"}]} for pattern, value in values.items()}


def _propose(definitions: Schema, reference: Mapping[str, Any]) -> None:
    """Propose the words that are known, without refusing others: overrides may add some."""
    segments = list(reference["segments"])
    services = list(reference["services"])
    ends = [*segments, *ZONES]
    for name, definition in definitions.items():
        properties = definition.get("properties", {})
        kind = name.removeprefix("Partial")
        if kind == "Flow":
            properties["from"] = _known(properties["from"], ends)
            properties["to"] = _known(properties["to"], ends)
            properties["services"]["items"] = _known(properties["services"]["items"], services)
        elif kind == "Equipment":
            properties["segment"] = _known(properties["segment"], segments)
        elif kind == "Person":
            for_people = [name for name in segments if reference["segments"][name].get("people")]
            properties["segment"] = _known(properties["segment"], for_people)
        elif kind == "Hub":
            properties["services"]["items"] = _known(properties["services"]["items"], services)
        elif kind == "Site":
            for choice in properties["segments"]["anyOf"]:
                if choice.get("type") == "array":
                    choice["items"] = _known(choice["items"], segments)


def _propose_places(properties: Schema) -> None:
    islands = official.islands()
    for key, words in (
        ("archipelago", list(islands)),
        ("island", sorted({island for names in islands.values() for island in names})),
    ):
        choices = properties[key]["anyOf"]
        properties[key]["anyOf"] = [{"enum": words}, *choices]


def _known(schema: Schema, words: list[str]) -> Schema:
    about: Schema = {key: schema[key] for key in ("title", "description") if key in schema}
    free: Schema = {key: value for key, value in schema.items() if key not in about}
    return {**about, "anyOf": [{"enum": words}, free]}
