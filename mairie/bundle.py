"""The bundle: one deterministic file with everything one host needs to become what its plan says.

It holds the plan, the host's secrets, the deploy scripts, the templates, the controls and the code
of mairie that runs on the host; it names the runtime it was written for. It is secret.
"""

from __future__ import annotations

import ast
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from mairie.archive import Archive, digest_of, pack, unpack
from mairie.paths import PACKAGE, Assets, assets
from mairie.plan.codec import to_json
from mairie.plan.host import HostPlan, HostSecrets

ENTRY_POINTS = ("mairie.host.apply", "mairie.host.verify", "mairie.render")
"""Modules whose imports, followed through, are the code that travels."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says about itself, in ``manifest.json``."""

    host: str
    territory: str
    mairie: str
    """Version of mairie that made it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A packed bundle."""

    host: str
    archive: Archive

    def write(self, path: Path) -> None:
        """Write it, readable by its owner alone, replacing an older one in one step.

        Raises:
            OSError: the folder cannot be written.

        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.archive.data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def make_bundle(plan: HostPlan, secrets: HostSecrets, root: Assets | None = None) -> Bundle:
    """Pack everything for one host: the same plan, secrets and code give the same bytes.

    Args:
        plan: of the host.
        secrets: of the host.
        root: where deploys, templates and controls are; None: those that travel with the package.

    """
    manifest = Manifest(host=plan.name, territory=plan.territory, mairie=version("mairie"))
    files = {
        "manifest.json": msgspec.json.encode(manifest) + b"\n",
        "plan.json": to_json(plan),
        "secrets.json": to_json(secrets),
        **common_files(root if root is not None else assets()),
    }
    return Bundle(plan.name, pack(files))


def read_bundle(path: Path) -> Bundle:
    """Return a bundle written earlier.

    Raises:
        ValueError: the file is not a bundle.
        OSError: it cannot be read.

    """
    data = path.read_bytes()
    return Bundle(read_manifest(data).host, Archive.of(digest_of(data), data))


def read_manifest(data: bytes) -> Manifest:
    """Return what a packed bundle says about itself.

    Raises:
        ValueError: it is not a bundle.

    """
    try:
        return msgspec.json.decode(unpack(data)["manifest.json"], type=Manifest)
    except (KeyError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a bundle made by mairie: {error}") from error


_reading = threading.Lock()
"""Bundles are made in threads; CPython 3.11 cannot parse in two at once (gh-106905)."""


def common_files(root: Assets) -> dict[str, bytes]:
    """Return what the bundles of all hosts share, by path."""
    with _reading:
        return _common_files(root)


@cache
def _common_files(root: Assets) -> dict[str, bytes]:
    files = dict(_host_code(root))
    bricks = [path.stem for path in sorted((PACKAGE / "files").glob("[!_]*.py"))]
    for folder, name, suffixes in (
        (root.deploys, "deploys", (".py",)),
        *((root.templates / brick, f"templates/{brick}", (".j2", ".py")) for brick in bricks),
        (root.conformance, "tests/conformance", (".py",)),
    ):
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                files[f"{name}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return files


def _host_code(root: Assets) -> Iterator[tuple[str, bytes]]:
    tables = (f"mairie.files.{path.stem}" for path in (PACKAGE / "files").glob("[!_]*.py"))
    scripts = [*root.deploys.glob("*.py"), *root.conformance.glob("*.py")]
    used = (module for path in scripts for module in _imports(path))
    for module in sorted(_closure([*ENTRY_POINTS, *tables, *used])):
        path = _source(module)
        if path is not None:
            yield path.relative_to(PACKAGE.parent).as_posix(), path.read_bytes()


def _closure(modules: Iterable[str]) -> set[str]:
    """Return these modules with every module of mairie they import, and the packages around."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        path = _source(module)
        if module in found or path is None:
            continue
        found.add(module)
        parts = module.split(".")
        waiting += [".".join(parts[:n]) for n in range(1, len(parts))]
        waiting += _imports(path)
    return found


def _source(module: str) -> Path | None:
    base = PACKAGE.parent.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("mairie"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mairie"):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
