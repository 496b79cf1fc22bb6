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
from mairie.cli.targets import Targets, select, target_options
from mairie.errors import MairieError
from mairie.fleet import JOBS
from mairie.inventory import load
from mairie.model.territory import Territory
from mairie.plan.resolve import resolve
from mairie.report.model import Kind
from mairie.run import Reach, Run
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault
from mairie.transport import Local, Ssh, Transport

KNOWN_HOSTS = "known_hosts"
"""In the inventory's folder; ``mairie enrol`` writes it."""


@dataclass(frozen=True)
class Way:
    """Which hosts, and how to reach them."""

    inventory: Path
    identity: Path | None
    targets: Targets
    jobs: int
    address: str
    local: bool

    def run(self, kind: Kind) -> tuple[Run, Territory]:
        """Prepare a run; nothing is touched yet.

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
        demo = territory.syndicate.demo
        identity = find_identity(
            self.inventory, demo=demo, option=self.identity, ask=ask_passphrase()
        )
        vault = Vault(self.inventory, territory)
        domains = {name: plan.fqdn for name, plan in plans.items()}

        def transport(host: str) -> Transport:
            if self.local:
                return Local()
            return Ssh(
                self.address or domains[host],
                known_hosts=(self.inventory / KNOWN_HOSTS).resolve(),
                host_key_alias=host,
            )

        reach = Reach(lambda host: vault.host_secrets(host, identity), transport)
        chosen = {name: plans[name] for name in names}
        return Run(chosen, reach, console(), kind, self.jobs), territory


def way_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add TARGETS and the options about the way to them, passed together as ``way``."""

    @wraps(function)
    def gathered(
        *,
        inventory: Path,
        identity: Path | None,
        targets: Targets,
        jobs: int,
        address: str,
        local: bool,
        **others: object,
    ) -> object:
        return function(way=Way(inventory, identity, targets, jobs, address, local), **others)

    jobs = click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=JOBS,
        show_default=True,
        help="Hosts at the same time.",
    )
    address = click.option(
        "--address",
        default="",
        metavar="[USER@]HOST",
        help="Reach the one host here instead of by its name, for a first deploy say.",
    )
    local = click.option("--local", is_flag=True, help="The one host is this machine.")
    return target_options(inventory_option(identity_option(jobs(address(local(gathered))))))
