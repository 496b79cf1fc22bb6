"""One inventory folder to one Territory, or every problem of every file at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mairie.inventory import checks
from mairie.inventory.announcements import announcements
from mairie.inventory.authorities import authorities
from mairie.inventory.filter_lists import filter_lists
from mairie.inventory.layers import LayerFile, merged_layers, read_layer
from mairie.inventory.messages import UNKNOWN_KEY, data_path, near_key, problems_of
from mairie.inventory.package_certificate import package_certificate
from mairie.inventory.problems import InventoryErrors, Problem
from mairie.inventory.public_keys import public_keys
from mairie.inventory.sources import Sources
from mairie.inventory.terms import terms_of
from mairie.inventory.yaml_nodes import Document, child
from mairie.inventory.yaml_nodes import read as read_yaml
from mairie.model.commune import Commune
from mairie.model.syndicate import Syndicate
from mairie.model.territory import Territory
from mairie.paths import assets

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """What a folder holds: a territory when nothing is wrong, and the files it came from."""

    sources: Sources
    problems: tuple[Problem, ...]
    territory: Territory | None
    """None when there are problems."""


def load(folder: Path, layers_folder: Path | None = None, *, secrets: bool = True) -> Territory:
    """Load and check the inventory in a folder.

    Args:
        folder: holds ``syndicate.yaml`` and ``communes/``.
        layers_folder: the reference, ``group_data/``; by default the one that travels with mairie.
            The syndicate's own ``group_data/``, in the inventory folder or up to two folders above,
            comes over it layer by layer.
        secrets: whether every host must have its public key; False for the commands that make them.

    Raises:
        InventoryErrors: every problem of every file, sorted by file and line.

    """
    loaded = read(folder, layers_folder, secrets=secrets)
    if loaded.territory is None:
        raise InventoryErrors(loaded.problems)
    return loaded.territory


def read(folder: Path, layers_folder: Path | None = None, *, secrets: bool = True) -> Loaded:
    """Do the same as ``load`` but return the problems, and the files with their lines."""
    sources, problems = _read_files(folder, layers_folder)
    problems += [problem for document in sources.documents for problem in document.problems]
    problems += _validate(sources)
    sources.terms = terms_of(folder, sources.commune_files, problems)
    sources.filter_lists = filter_lists(folder, problems)
    sources.authorities = authorities(folder, problems)
    sources.announcements = announcements(folder, problems)
    sources.package_certificate = package_certificate(folder, problems)
    problems += checks.problems(sources, secrets=secrets)
    territory = None if problems or sources.syndicate is None else territory_of(sources)
    return Loaded(sources, tuple(sorted(set(problems))), territory)


def territory_of(sources: Sources) -> Territory:
    """Put the valid models of an inventory together; the syndicate must be one of them."""
    if sources.syndicate is None:
        raise ValueError("the syndicate's file is not valid")
    return Territory(
        name=sources.folder.resolve().name,
        syndicate=sources.syndicate,
        communes=sources.communes,
        layers=merged_layers(sources.layer_files),
        public_keys=sources.public_keys,
        terms=sources.terms,
        filter_lists=sources.filter_lists,
        authorities=sources.authorities,
        announcements=sources.announcements,
        package_certificate=sources.package_certificate,
    )


def _read_files(folder: Path, layers_folder: Path | None) -> tuple[Sources, list[Problem]]:
    problems: list[Problem] = []
    if not folder.is_dir():
        problems.append(
            Problem(
                str(folder),
                0,
                "",
                "no such folder; an inventory is a folder with syndicate.yaml and communes/",
            )
        )
        syndicate = Document(str(folder))
    else:
        syndicate = read_yaml(folder / "syndicate.yaml", str(folder / "syndicate.yaml"))
    public = folder / "secrets" / "public.yaml"
    return (
        Sources(
            folder=folder,
            syndicate_file=syndicate,
            commune_files=_read_communes(folder / "communes", problems),
            layer_files=_read_layers(folder, layers_folder or assets().group_data),
            public_file=(
                read_yaml(public, str(public)) if public.exists() else Document(str(public))
            ),
        ),
        problems,
    )


def _read_communes(folder: Path, problems: list[Problem]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    if folder.exists() and not folder.is_dir():
        problems.append(Problem(str(folder), 0, "", "is a file; a folder is expected here"))
        return found
    for path in _listed(folder, problems):
        if path.name.startswith(".") or path.suffix not in (".yaml", ".yml"):
            continue
        if path.suffix == ".yml":
            message = f"is not read; name it {path.stem}.yaml"
            problems.append(Problem(str(path), 0, "", message))
            continue
        found[path.stem] = read_yaml(path, str(path))
    return found


def _listed(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problems.append(Problem(str(folder), 0, "", f"cannot be read: {reason}"))
        return []


def _read_layers(folder: Path, reference: Path) -> dict[str, tuple[LayerFile, ...]]:
    found: dict[str, tuple[LayerFile, ...]] = {}
    for place in (reference, *_own_layers(folder, reference)):
        for path in sorted(place.glob("*.py")):
            if not path.name.startswith("_"):
                document = read_layer(path, _shown(path))
                found[path.stem] = (*found.get(path.stem, ()), LayerFile(path, document))
    if "all" not in found:
        path = reference / "all.py"
        found["all"] = (LayerFile(path, read_layer(path, _shown(path))),)
    return found


def _shown(path: Path) -> str:
    """Name a file from the working folder when it is inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _own_layers(folder: Path, reference: Path) -> tuple[Path, ...]:
    """Return the syndicate's own ``group_data``: the nearest that is not the reference's."""
    try:
        here = folder.resolve()
        for place in (here, here.parent, here.parent.parent):
            own = place / "group_data"
            if own.is_dir():
                return () if own.resolve() == reference.resolve() else (own,)
    except (OSError, RuntimeError):  # RuntimeError: loop of links, before Python 3.13
        return ()
    return ()


def _validate(sources: Sources) -> list[Problem]:
    problems: list[Problem] = []
    sources.syndicate = _model(sources.syndicate_file, Syndicate, problems)
    valid: dict[str, Commune] = {}
    for stem, document in sources.commune_files.items():
        commune = _model(document, Commune, problems)
        if commune is not None:
            valid[stem] = commune
    sources.communes = dict(sorted(valid.items(), key=lambda item: (item[1].index, item[0])))
    sources.public_keys = public_keys(sources.public_file, problems)
    return problems


def _model(document: Document, model: type[M], problems: list[Problem]) -> M | None:
    """Validate strictly, as the JSON Schema that editors use does.

    A model that is only wrong by unknown keys is returned as if they were right, so that the
    checks that follow can look at the rest.
    """
    if not document.complete:
        return None
    data = document.data
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        known = {problem.path for problem in document.problems}
        found = problems_of(error, document, model)
        problems.extend(problem for problem in found if problem.path not in known)
        if not all(problem.message.startswith(UNKNOWN_KEY) for problem in found):
            return None
        return _repaired(data, error, model)


def _repaired(data: Any, error: ValidationError, model: type[M]) -> M | None:
    """Return the model with its unknown keys taken for those they resemble, or left out."""
    repaired = json.loads(json.dumps(data))
    for item in error.errors(include_url=False):
        if item["type"] != "extra_forbidden":
            continue
        path, _ = data_path(item["loc"], data, "")
        holder = repaired
        for part in path[:-1]:
            _, holder = child(holder, part)
        value = holder.pop(path[-1])
        near = near_key(path, model)
        if near is not None:
            holder.setdefault(near, value)
    try:
        return model.model_validate_json(json.dumps(repaired), strict=True)
    except ValidationError:
        return None
