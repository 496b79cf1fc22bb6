"""Whose file a host's secrets are in: a commune has one for all its sites, each hub its own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from mairie.model.commune import Role
from mairie.model.territory import Territory
from mairie.secrets.errors import SecretsError

BACKUP_SECRETS = ("backup-credential", "backup-password")
"""Of a commune's host: what opens the store to it, and what opens its repository."""
STORE_SECRETS = ("backup-store-password",)
"""Of a hub: its own key to every repository it keeps; no commune's host has it."""


def host_name(commune: str, site: str, host: str) -> str:
    """Return the full name of a host, unique in its territory."""
    return f"{commune}-{site}-{host}"


def owners(territory: Territory) -> tuple[str, ...]:
    """Return every owner of a file: the hubs, then the communes by index."""
    return (*territory.syndicate.hubs, *territory.communes)


def hosts(territory: Territory, owner: str) -> tuple[str, ...]:
    """Return the full names of all hosts of an owner.

    Raises:
        SecretsError: nobody has this name.

    """
    if owner in territory.syndicate.hubs:
        return (owner,)
    if owner not in territory.communes:
        raise unknown("commune or hub", owner, owners(territory), territory)
    return tuple(name for name, _ in _commune_hosts(territory, owner))


def tunnel_hosts(territory: Territory, owner: str) -> tuple[str, ...]:
    """Return those of an owner's hosts that have a WireGuard key: hubs and gateways."""
    if owner in territory.syndicate.hubs:
        return (owner,)
    return tuple(name for name, roles in _commune_hosts(territory, owner) if "gateway" in roles)


def other_secrets(territory: Territory, owner: str) -> dict[str, tuple[str, ...]]:
    """Return the names of what each host of an owner keeps beside its tunnel's keys."""
    if owner in territory.syndicate.hubs:
        return {owner: STORE_SECRETS}
    hosts(territory, owner)  # refuses a name that nobody has
    return {
        name: () if "ap" in roles else BACKUP_SECRETS
        for name, roles in _commune_hosts(territory, owner)
    }


def communes_of(territory: Territory, hub: str) -> tuple[str, ...]:
    """Return the communes that call a hub, by index."""
    return tuple(name for name in territory.communes if hub_of(territory, name) == hub)


def owner_of(territory: Territory, host: str) -> str:
    """Return whose file holds a host's secrets.

    Raises:
        SecretsError: no such host.

    """
    everyone: list[str] = []
    for owner in owners(territory):
        names = hosts(territory, owner)
        if host in names:
            return owner
        everyone.extend(names)
    raise unknown("host", host, everyone, territory)


def hub_of(territory: Territory, commune: str) -> str:
    """Return the hub that a commune calls: its own choice, else the first one."""
    return territory.communes[commune].hub or next(iter(territory.syndicate.hubs))


def _commune_hosts(territory: Territory, commune: str) -> Iterator[tuple[str, tuple[Role, ...]]]:
    for site_name, site in territory.communes[commune].sites.items():
        for name, host in site.hosts.items():
            yield host_name(commune, site_name, name), host.roles


def unknown(what: str, word: str, known: Iterable[str], territory: Territory) -> SecretsError:
    """Return the error of a name that a territory does not have."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(known[:8]) or 'none'}"
    return SecretsError(f'{territory.name} has no {what} "{word}"; {hint}')
