"""TARGETS of deploy, verify and preview: which hosts a command is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mairie.errors import MairieError
from mairie.plan.slug import slug

if TYPE_CHECKING:
    from mairie.model.territory import Territory

F = TypeVar("F", bound=Callable[..., Any])

ROLES = ("hub", "gateway", "server", "ap")


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the command line asked for; lists are alternatives, kinds narrow each other."""

    names: tuple[str, ...] = ()
    """Hosts, communes (file stem or name), sites (``rurutu-mairie``), hubs."""
    islands: tuple[str, ...] = ()
    archipelagos: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True)
class _Entry:
    """A host with every word that may select it."""

    host: str
    names: frozenset[str]
    island: str
    archipelago: str
    roles: frozenset[str]


def target_options(function: F) -> F:
    """Add TARGETS with its options; the command receives ``targets: Targets``."""

    def gathered(
        names: tuple[str, ...],
        island: tuple[str, ...],
        archipelago: tuple[str, ...],
        role: tuple[str, ...],
        everything: bool,
        **rest: Any,
    ) -> Any:
        targets = Targets(
            names=names,
            islands=island,
            archipelagos=archipelago,
            roles=role,
            everything=everything,
        )
        return function(targets=targets, **rest)

    gathered.__doc__ = function.__doc__
    gathered.__name__ = function.__name__
    gathered.__click_params__ = list(getattr(function, "__click_params__", ()))  # type: ignore[attr-defined]
    decorated: Any = gathered
    for decorator in reversed(_DECORATORS):
        decorated = decorator(decorated)
    result: F = decorated
    return result


_DECORATORS: tuple[Callable[[Any], Any], ...] = (
    click.argument("names", nargs=-1, metavar="[TARGETS]..."),
    click.option("--island", multiple=True, help="Communes of this island; may be repeated."),
    click.option("--archipelago", multiple=True, help="Communes of this archipelago."),
    click.option("--role", multiple=True, type=click.Choice(ROLES), help="Hosts with this role."),
    click.option("--all", "everything", is_flag=True, help="Every host."),
)


def select(territory: Territory, targets: Targets) -> tuple[str, ...]:
    """Return the names of the hosts that targets mean: hubs first, then communes by index.

    Raises:
        MairieError: nothing was asked for, a word matches nothing, or no host matches all of them.

    """
    entries = list(_entries(territory))
    if not (
        targets.names
        or targets.islands
        or targets.archipelagos
        or targets.roles
        or targets.everything
    ):
        raise MairieError(
            "no target; name hosts or communes, or write --island, --archipelago, --role or --all"
        )
    names = [_known("host, commune or hub", word, _names(entries)) for word in targets.names]
    islands = [
        _known("island", word, (entry.island for entry in entries), slug)
        for word in targets.islands
    ]
    archipelagos = [
        _known("archipelago", word, (entry.archipelago for entry in entries), slug)
        for word in targets.archipelagos
    ]
    chosen = tuple(
        entry.host
        for entry in entries
        if (not names or entry.names & set(names))
        and (not islands or entry.island in islands)
        and (not archipelagos or entry.archipelago in archipelagos)
        and (not targets.roles or entry.roles & set(targets.roles))
    )
    if not chosen:
        raise MairieError("no host matches all of these targets together; leave one of them out")
    return chosen


def select_one(territory: Territory, word: str) -> str:
    """Return the one host that a word means.

    Raises:
        MairieError: it matches nothing, or several hosts.

    """
    hosts = select(territory, Targets(names=(word,)))
    if len(hosts) > 1:
        raise MairieError(f"{word} has {len(hosts)} hosts; name one: {', '.join(hosts)}")
    return hosts[0]


def _entries(territory: Territory) -> Iterator[_Entry]:
    for hub in territory.syndicate.hubs:
        yield _Entry(hub, frozenset((hub,)), "", "", frozenset(("hub",)))
    for stem, commune in territory.communes.items():
        for site_name, site in commune.sites.items():
            for name, host in site.hosts.items():
                full = f"{stem}-{site_name}-{name}"
                yield _Entry(
                    full,
                    frozenset((full, stem, f"{stem}-{site_name}", slug(commune.name))),
                    slug(commune.island or ""),
                    commune.archipelago or "",
                    frozenset(host.roles),
                )


def _names(entries: Iterable[_Entry]) -> Iterator[str]:
    for entry in entries:
        yield from sorted(entry.names)


def _known(what: str, word: str, known: Iterable[str], fold: Callable[[str], str] = slug) -> str:
    words = list(dict.fromkeys(filter(None, known)))
    folded = fold(word)
    if folded in words:
        return folded
    from mairie.inventory.problems import unknown

    raise MairieError(unknown(what, word, words))
