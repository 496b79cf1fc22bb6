"""The same inventory for plain pyinfra: ``pyinfra inventories/demo.py deploys/site.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.plan.codec import to_builtins
from mairie.plan.resolve import resolve
from mairie.plan.slug import slug
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault

PlainHost = tuple[str, dict[str, Any]]


def hosts_and_groups(file: str) -> dict[str, list[PlainHost] | list[str]]:
    """Return what the inventory file ``<territory>.py`` must hold, for the folder beside it.

    ``all`` has every host by full name with its plan and secrets as data; then host names by
    commune, archipelago, island and role. A host is reached at its name in the VPN, with sudo;
    ``~/.ssh/config`` may say otherwise.

    What is wrong with the inventory ends the process with its sentences, as pyinfra would show a
    traceback.
    """
    folder = Path(file).resolve().with_suffix("")
    try:
        return _hosts_and_groups(folder)
    except MairieError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def _hosts_and_groups(folder: Path) -> dict[str, list[PlainHost] | list[str]]:
    territory = load(folder)
    identity = find_identity(folder, demo=territory.syndicate.demo)
    secrets = Vault(folder, territory).all_secrets(identity)
    hosts: list[PlainHost] = []
    groups: dict[str, list[str]] = {}
    for name, plan in resolve(territory).items():
        data = {
            "ssh_hostname": plan.fqdn,
            "_sudo": True,
            "mairie_plan": to_builtins(plan),
            "mairie_secrets": to_builtins(secrets[name]),
        }
        hosts.append((name, data))
        place = plan.place
        # A set: the hub named "hub" is in the group of its role and in that of its name once.
        for group in {place.commune, place.archipelago, slug(place.island), *plan.roles} - {""}:
            groups.setdefault(group, []).append(name)
    return {**dict(sorted(groups.items())), "all": hosts}
