"""HostPlan and templates to the text of every file of a brick: pure, the same input same bytes."""

from __future__ import annotations

import base64
import hashlib
import importlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from mairie.errors import MairieError
from mairie.files import TemplateFile
from mairie.paths import assets
from mairie.plan.host import HostPlan, HostSecrets

MANAGED = "Managed by mairie; changes are overwritten at the next deploy."
"""First line of every rendered file, after its comment sign: ``# {{ managed }}``."""


class RenderError(MairieError):
    """A template asks for something the plan does not have, or is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFile:
    """One file as it has to stand on the host."""

    path: str
    """Absolute."""
    text: str = field(repr=False)
    mode: str
    """Octal digits without a leading zero: ``644``."""
    owner: str
    group: str
    secret: bool
    """The text may never be shown, nor what ``check`` says about it."""
    check: tuple[str, ...] | None
    """Command that must accept the file first; see mairie.files.TemplateFile."""


def render(
    plan: HostPlan, secrets: HostSecrets, brick: str, templates: Path | None = None
) -> tuple[RenderedFile, ...]:
    """Return the files of one brick on one host, in the order they are to be placed.

    Templates get ``plan``, ``managed`` and their own ``context``; those of secret files also get
    ``secrets``: a secret cannot reach a file that everybody may read. A source whose name does not
    end in ``.j2`` is no template: it is copied as it stands.

    Args:
        plan: of the host.
        secrets: of the host.
        brick: a name for which ``mairie/files/<brick>.py`` exists.
        templates: folder that holds ``<brick>/``; None: the one that travels with the package.

    Raises:
        RenderError: names the template, its line and what is missing.

    """
    folder = templates if templates is not None else assets().templates
    environment = _environment(folder / brick)
    return tuple(_render(environment, item, plan, secrets, brick) for item in _files(plan, brick))


def render_public(plan: HostPlan, brick: str) -> tuple[RenderedFile, ...]:
    """Return the files of one brick that hold no secret: nobody needs to have the secrets.

    Raises:
        RenderError: as ``render``.

    """
    environment = _environment(assets().templates / brick)
    public = [item for item in _files(plan, brick) if not item.secret]
    return tuple(_render(environment, item, plan, HostSecrets(), brick) for item in public)


def sha1_base64(text: str) -> str:
    """Return the SHA-1 of a text in base64, as ``{SHA}`` lines of an htpasswd file have it."""
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()


def _files(plan: HostPlan, brick: str) -> tuple[TemplateFile, ...]:
    name = f"mairie.files.{brick}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise RenderError(f"There is no brick {brick!r}: mairie/files/{brick}.py is absent.") from (
            error
        )
    found: tuple[TemplateFile, ...] = module.files(plan)
    return found


def _render(
    environment: Environment, item: TemplateFile, plan: HostPlan, secrets: HostSecrets, brick: str
) -> RenderedFile:
    variables = {"plan": plan, "managed": MANAGED, **item.context}
    if item.secret:
        variables["secrets"] = secrets
    try:
        if item.source.endswith(".j2"):
            text = environment.get_template(item.source).render(variables)
        else:
            text = _source(environment, item.source)
    except TemplateError as error:
        where = f"templates/{brick}/{item.source}{_line(error, item.source)}"
        raise RenderError(f"{where}: {error} (host {plan.name}, file {item.path})") from error
    return RenderedFile(
        path=item.path,
        text=text,
        mode=item.mode,
        owner=item.owner,
        group=item.group,
        secret=item.secret,
        check=item.check,
    )


def _source(environment: Environment, name: str) -> str:
    loader = cast(FileSystemLoader, environment.loader)
    text, _, _ = loader.get_source(environment, name)
    return text


def _line(error: TemplateError, source: str) -> str:
    """Return ``:line`` of the template, from the error or from where it was raised."""
    number: int | None = getattr(error, "lineno", None)
    trace = error.__traceback__
    while number is None and trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(source):
            number = trace.tb_lineno
        trace = trace.tb_next
    return f":{number}" if number is not None else ""


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - configuration files, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sha1_base64"] = sha1_base64
    return environment
