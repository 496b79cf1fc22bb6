"""What deploy, preview and verify share: from TARGETS to a run over ssh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mairie.cli.options import ask_passphrase, identity_option, inventory_option
from mairie.cli.reporting import console
from mairie.cli.targets import Targets, select, select_one, target_options
from mairie.errors import MairieError
from mairie.fleet import JOBS
from mairie.inventory import load
from mairie.model.territory import Territory
from mairie.plan.host import HostPlan
from mairie.plan.resolve import resolve
from mairie.report.model import Kind
from mairie.run import Reach, Run
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault
from mairie.transport import Local, Ssh, Transport

KNOWN_HOSTS = "known_hosts"
"""In the inventory's folder; ``mairie enrol`` writes it."""


@dataclass(frozen=True)
class Hosts:
    """Which hosts, and how to reach them."""

    inventory: Path
    targets: Targets
    jobs: int
    address: str
    local: bool

    def chosen(self) -> tuple[dict[str, HostPlan], Territory]:
        """Return the plans of the hosts that are meant, and the whole territory.

        Raises:
            InventoryErrors: the inventory is not right.
            MairieError: a target matches nothing, or one address is given for several hosts.

        """
        territory = load(self.inventory)
        names = select(territory, self.targets)
        if (self.address or self.local) and len(names) > 1:
            raise MairieError(
                f"--address and --local are for one host; these targets are {len(names)}: "
                f"{', '.join(names)}"
            )
        plans = resolve(territory)
        return {name: plans[name] for name in names}, territory

    def one(self) -> tuple[HostPlan, Territory]:
        """Return the plan of the one host that is meant, and the whole territory.

        Raises:
            InventoryErrors: the inventory is not right.
            MairieError: the word matches nothing, or several hosts.

        """
        territory = load(self.inventory)
        name = select_one(territory, self.targets.names[0])
        return resolve(territory)[name], territory

    def transport(self, plan: HostPlan) -> Transport:
        """Return the way to a host."""
        if self.local:
            return Local()
        return Ssh(
            self.address or plan.fqdn,
            known_hosts=(self.inventory / KNOWN_HOSTS).resolve(),
            host_key_alias=plan.name,
        )


@dataclass(frozen=True)
class Way:
    """Hosts to deploy on: their secrets are needed too."""

    hosts: Hosts
    identity: Path | None

    def run(self, kind: Kind) -> tuple[Run, Territory]:
        """Prepare a run; nothing is touched yet.

        Raises:
            InventoryErrors: the inventory is not right.
            MairieError: a target matches nothing, or one address is given for several hosts.

        """
        plans, territory = self.hosts.chosen()
        return Run(plans, self.reach(plans, territory), console(), kind, self.hosts.jobs), territory

    def reach(self, plans: dict[str, HostPlan], territory: Territory) -> Reach:
        """Return how to get at these hosts and at their secrets.

        Raises:
            MairieError: nothing opens the secrets.

        """
        folder = self.hosts.inventory
        identity = find_identity(
            folder, demo=territory.syndicate.demo, option=self.identity, ask=ask_passphrase()
        )
        vault = Vault(folder, territory)
        return Reach(
            lambda host: vault.host_secrets(host, identity),
            lambda host: self.hosts.transport(plans[host]),
        )


def way_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add TARGETS and the options about the way to them, passed together as ``way``."""

    @wraps(function)
    def gathered(*, hosts: Hosts, identity: Path | None, **others: object) -> object:
        return function(way=Way(hosts, identity), **others)

    return hosts_options(identity_option(gathered))


def hosts_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add TARGETS and how to reach them, passed together as ``hosts``; no secret is opened."""

    @wraps(function)
    def gathered(
        *,
        inventory: Path,
        targets: Targets,
        jobs: int,
        address: str,
        local: bool,
        **others: object,
    ) -> object:
        return function(hosts=Hosts(inventory, targets, jobs, address, local), **others)

    jobs = click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=JOBS,
        show_default=True,
        help="Hosts at the same time.",
    )
    return target_options(inventory_option(jobs(address_options(gathered))))


def one_host_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add HOST and how to reach it, passed as ``hosts``."""

    @wraps(function)
    def gathered(
        *, host: str, inventory: Path, address: str, local: bool, **others: object
    ) -> object:
        targets = Targets(names=(host,))
        return function(hosts=Hosts(inventory, targets, 1, address, local), **others)

    return click.argument("host")(inventory_option(address_options(gathered)))


def address_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--address`` and ``--local``."""
    address = click.option(
        "--address",
        default="",
        metavar="[USER@]HOST",
        help="Reach the one host here instead of by its name, for a first deploy say.",
    )
    local = click.option("--local", is_flag=True, help="The one host is this machine.")
    return address(local(function))
