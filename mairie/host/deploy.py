"""What deploy scripts use: this host's plan, and the files of a brick.

A brick reads::

    def deploy() -> None:
        plan, _ = this_host()
        installed = have_packages(name="vpn: packages", packages=["wireguard-tools"])
        placed, _ = place("vpn")
        systemd.service(name="vpn: restart", service="wg-quick@wg0", restarted=True,
                        _if=to_activate("vpn", installed, *placed.values()))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import OperationMeta
from pyinfra.context import host

from mairie.host.facts import PendingBricks
from mairie.host.operations import managed_file, managed_folder, placed_files, retire, settle
from mairie.plan.codec import from_builtins
from mairie.plan.host import HostPlan, HostSecrets
from mairie.render import render

PLAN_KEY = "mairie_plan"
SECRETS_KEY = "mairie_secrets"
ONLY_KEY = "mairie_only"
"""Names of the host's data: set by mairie.host.apply, or by an inventory for plain pyinfra."""

BRICKS_FOLDER = "/etc/mairie"
"""Where bricks keep their settings, each in its own file or folder."""

Placed = dict[str, OperationMeta]
"""Operations of a brick's files, by path."""


def this_host() -> tuple[HostPlan, HostSecrets]:
    """Return the plan and the secrets of the host being deployed.

    Raises:
        PyinfraError: the inventory gives the host no plan.

    """
    plan = host.data.get(PLAN_KEY)
    secrets = host.data.get(SECRETS_KEY)
    if plan is None or secrets is None:
        raise PyinfraError(
            f"{host.name} has no {PLAN_KEY} and {SECRETS_KEY} in its data: use an inventory made "
            "by mairie (inventories/<territory>.py), or `mairie deploy`."
        )
    if not isinstance(plan, HostPlan):
        plan = from_builtins(plan, HostPlan)
    if not isinstance(secrets, HostSecrets):
        secrets = from_builtins(secrets, HostSecrets)
    return plan, secrets


def bricks_to_deploy() -> tuple[str, ...]:
    """Return this host's bricks in order, restricted to those asked for with ``--only``."""
    plan, _ = this_host()
    only: tuple[str, ...] = tuple(host.data.get(ONLY_KEY) or ())
    return tuple(brick for brick in plan.bricks if not only or brick in only)


def folder(brick: str, path: str, *, mode: str = "755", group: str = "root") -> None:
    """Have a folder of root's, before files are placed in it."""
    managed_folder(name=f"{brick}: folder {path}", path=path, mode=mode, group=group)


def place(brick: str) -> tuple[Placed, OperationMeta]:
    """Place every file of a brick, and remove those it placed earlier and no longer has.

    Returns:
        the files' operations and that of the removal, for ``to_activate``.

    """
    plan, secrets = this_host()
    files = render(plan, secrets, brick)
    paths = tuple(file.path for file in files)
    placed = {
        file.path: managed_file(
            name=f"{brick}: {file.path}",
            path=file.path,
            content=file.text,
            mode=file.mode,
            owner=file.owner,
            group=file.group,
            check=file.check,
            secret=file.secret,
            brick=brick,
            together=paths,
        )
        for file in files
    }
    removed = placed_files(name=f"{brick}: files no longer needed", brick=brick, paths=paths)
    return placed, removed


def to_activate(brick: str, *operations: OperationMeta) -> Callable[[], bool]:
    """Return a condition for ``_if``: one of these changed, or an earlier run was cut short.

    pyinfra's ``any_changed`` alone would never tell a service about a file that was placed by a
    run which failed before it came to the service.
    """
    pending = brick in _pending(host.name)
    return lambda: pending or any(operation.did_change() for operation in operations)


@cache  # asked once a service; an earlier run's marks do not change while this one prepares
def _pending(_host: str) -> frozenset[str]:
    return frozenset(host.get_fact(PendingBricks))


def conclude() -> None:
    """End a deploy: the last call of site.py, when every operation has succeeded."""
    plan, _ = this_host()
    bricks = bricks_to_deploy()
    if bricks == plan.bricks:
        retire(name="files of bricks this host no longer has", bricks=plan.bricks)
    settle(name="services have been told", bricks=bricks)
