"""The files of one inventory as they were read, before and after validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mairie.inventory.layers import LayerFile, locate_keys
from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Document, Key, child, dotted
from mairie.model.commune import Commune
from mairie.model.syndicate import Syndicate
from mairie.model.territory import PublicKeys, Terms


@dataclass
class Sources:
    """Everything read from one inventory folder; models only where they are valid."""

    folder: Path
    syndicate_file: Document
    commune_files: Mapping[str, Document]
    """By file stem."""
    layer_files: Mapping[str, tuple[LayerFile, ...]]
    """By stem: the reference's own file, then the syndicate's; later ones win."""
    public_file: Document
    syndicate: Syndicate | None = None
    communes: dict[str, Commune] = field(default_factory=dict)
    """Valid ones by file stem, in the order of their index."""
    public_keys: dict[str, PublicKeys] = field(default_factory=dict)

    terms: Mapping[str, tuple[Terms, ...]] = field(default_factory=dict)
    filter_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the visitors' portal, by commune; under ``""`` those of everybody else."""
    authorities: Mapping[str, str] = field(default_factory=dict)
    """Of operators, PEM by name."""
    announcements: Mapping[str, str] = field(default_factory=dict)
    """Of receptions, A-law in base64 by name."""
    package_certificate: str = ""

    @property
    def documents(self) -> Iterator[Document]:
        """Every file that was read."""
        yield self.syndicate_file
        yield from self.commune_files.values()
        for files in self.layer_files.values():
            yield from (file.document for file in files)
        yield self.public_file

    def relative(self, document: Document) -> str:
        """Return how a message about another file names a file: from the inventory folder."""
        return document.file.removeprefix(f"{self.folder}/")

    def where(self, document: Document, path: Key) -> str:
        """Return ``communes/rapa.yaml:6`` for a path of a file."""
        return f"{self.relative(document)}:{document.line(path)}"

    def in_syndicate(self, path: Key, message: str) -> Problem:
        """Return a problem of ``syndicate.yaml``."""
        return self.syndicate_file.problem(path, message)

    def in_commune(self, stem: str, path: Key, message: str) -> Problem:
        """Return a problem of a commune's file."""
        return self.commune_files[stem].problem(path, message)

    def written_in(
        self, path: Key, commune: str | None, layers: Sequence[str]
    ) -> tuple[Document, Key]:
        """Return the file and the key in it that wrote a value of the merged reference.

        Args:
            path: in the reference, ``("segments", "voice", "vlan")``; when it is in no file, the
                nearest parent that is.
            commune: stem of the commune whose reference it is, None for a hub.
            layers: stems of the ``group_data/`` layers that apply, broadest first.

        """
        candidates = list(self._layer_candidates(commune, layers))
        for length in range(len(path), 0, -1):
            for document, prefix in candidates:
                if has(document.data, (*prefix, *path[:length])):
                    return document, (*prefix, *path[:length])
        return candidates[-1]

    def rank(self, path: Key, commune: str | None, layers: Sequence[str]) -> int:
        """Return how narrow the layer is that wrote a value: 0 the broadest."""
        candidates = list(self._layer_candidates(commune, layers))
        for number, (document, prefix) in enumerate(candidates):
            if has(document.data, (*prefix, *path)):
                return len(candidates) - number
        return 0

    def removed_in(
        self, path: Key, commune: str | None, layers: Sequence[str]
    ) -> tuple[Document, Key] | None:
        """Return the file and key that removed a value of the reference by ``null``, or None."""
        for document, prefix in self._layer_candidates(commune, layers):
            if has(document.data, (*prefix, *path)):
                return document, (*prefix, *path)
        return None

    def _layer_candidates(
        self, commune: str | None, layers: Sequence[str]
    ) -> Iterator[tuple[Document, Key]]:
        """Yield where reference values may be written, narrowest first."""
        if commune is not None:
            yield self.commune_files[commune], ()
            yield self.commune_files[commune], ("overrides",)
        for stem in reversed(layers):
            if stem == "all":
                yield self.syndicate_file, ("overrides",)
            for file in reversed(self.layer_files.get(stem, ())):
                yield file.document, ()

    def locate(self, document: Document) -> None:
        """Fill the lines of a layer's keys; YAML files have theirs already."""
        for files in self.layer_files.values():
            for file in files:
                if file.document is document:
                    locate_keys(file.path, document)

    def reference_problem(
        self, path: Key, message: str, commune: str | None, layers: Sequence[str]
    ) -> Problem:
        """Return a problem of the merged reference at the file and key that wrote the value."""
        document, place = self.written_in(path, commune, layers)
        self.locate(document)
        missing = path[len(place) - (len(place) and place[0] == "overrides") :]
        return Problem(document.file, document.line(place), dotted((*place, *missing)), message)


def has(data: Any, path: Key) -> bool:
    """Whether a path leads somewhere in plain data."""
    for part in path:
        inside, data = child(data, part)
        if not inside:
            return False
    return True
