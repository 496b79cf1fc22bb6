"""Accounts: of a service, and of technicians, whom facts and operations look at all at once.

pyinfra's own list of accounts starts several programs for each line of /etc/passwd, once per
account looked at.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from mairie.host.known import known
from mairie.plan.parts.base import User

SHELL = "/bin/bash"
NO_SHELL = "/usr/sbin/nologin"
NO_HOME = "/nonexistent"


@dataclass(frozen=True)
class Account:
    """An account as it is: passwd(5) and the names of all its groups."""

    label: str
    home: str
    shell: str
    group: str
    """Its own, the first of all."""
    groups: frozenset[str]


class Accounts(FactBase[dict[str, Account]]):
    """Accounts by name; those that do not exist are left out."""

    @staticmethod
    def default() -> dict[str, Account]:
        """Nobody."""
        return {}

    def command(self, names: Sequence[str]) -> str:
        """Return the command: a line of passwd(5), then a line of groups, for each."""
        listed = " ".join(shlex.quote(name) for name in names)
        return f"for name in {listed}; do getent passwd $name && id -Gn $name; done; true"

    def process(self, output: list[str]) -> dict[str, Account]:
        """Read the pairs of lines."""
        found = {}
        for entry, groups in zip(output[::2], output[1::2], strict=True):
            name, _, _, _, label, home, shell = entry.split(":")
            names = groups.split()
            found[name] = Account(label, home, shell, names[0], frozenset(names))
        return found


class GroupMembers(FactBase[tuple[str, ...] | None]):
    """Members of a group, sorted; None when there is no such group."""

    @staticmethod
    def default() -> None:
        """No group."""
        return

    def command(self, group: str) -> str:
        """Return the command."""
        return f"getent group {shlex.quote(group)} || true"

    def process(self, output: list[str]) -> tuple[str, ...] | None:
        """Read the line of group(5)."""
        if not output:
            return None
        return tuple(sorted(name for name in output[0].split(":")[3].split(",") if name))


class ExpiringAccounts(FactBase[tuple[str, ...]]):
    """Accounts with a date of expiry (shadow(5), eighth field), sorted."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """No account."""
        return ()

    def command(self) -> str:
        """Return the command."""
        return "awk -F: '$8 != \"\" { print $1 }' /etc/shadow"

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One name per line."""
        return tuple(sorted(output))


class AccountsWithPassword(FactBase[tuple[str, ...]]):
    """Accounts that a password opens (shadow(5), second field), sorted; an empty one included."""

    @staticmethod
    def default() -> tuple[str, ...]:
        """No account."""
        return ()

    def command(self) -> str:
        """Return the command."""
        return "awk -F: '$2 !~ /^[!*]/ { print $1 }' /etc/shadow"

    def process(self, output: list[str]) -> tuple[str, ...]:
        """One name per line."""
        return tuple(sorted(output))


def service_account(brick: str, account: str, comment: str) -> None:
    """Have the account that a service runs under, with a group of its own and nothing to log in to.

    Args:
        brick: whose service it is.
        account: name of the account and of its group.
        comment: what it is for (GECOS, passwd(5)).

    """
    have_group(name=f"{brick}: group {account}", group=account)
    have_service_account(name=f"{brick}: account {account}", account=account, comment=comment)


@operation()
def have_group(group: str) -> Generator[StringCommand, None, None]:
    """Have a group for what the system itself runs.

    Args:
        group: its name.

    """
    if known(GroupMembers, group=group) is None:
        yield StringCommand(f"groupadd --system {shlex.quote(group)}")
    else:
        host.noop(f"group {group} is there")


@operation()
def have_service_account(account: str, comment: str) -> Generator[StringCommand, None, None]:
    """Have an account of the system without a home, in the group of its name.

    Args:
        account: its name, and that of a group that exists when the operation runs.
        comment: what it is for.

    """
    name = shlex.quote(account)
    found = known(Accounts, names=(account,)).get(account)
    if found is not None and (found.label, found.home, found.shell, found.group) == (
        comment,
        NO_HOME,
        NO_SHELL,
        account,
    ):
        host.noop(f"account {account} is as it should be")
        return
    tool = "usermod" if found else "useradd --system --no-create-home"
    yield StringCommand(
        f"{tool} --gid {name} -d {NO_HOME} --shell {NO_SHELL} "
        f"--comment {shlex.quote(comment)} {name}"
    )


@operation()
def have_accounts(users: Sequence[User], group: str) -> Generator[StringCommand, None, None]:
    """Have these accounts, in a group, with a home and a log-in shell.

    Args:
        users: whose accounts they are.
        group: that exists when the operation runs; their other groups stay.

    """
    found = known(Accounts, names=tuple(user.name for user in users))
    for user in users:
        name, label = shlex.quote(user.name), shlex.quote(user.label)
        account = found.get(user.name)
        if account is None:
            yield StringCommand(
                f"useradd --create-home --shell {SHELL} --comment {label} "
                f"--groups {shlex.quote(group)} {name}"
            )
            continue
        if (account.label, account.shell) != (user.label, SHELL):
            yield StringCommand(f"usermod --shell {SHELL} --comment {label} {name}")
        if group not in account.groups:
            yield StringCommand(f"usermod --append --groups {shlex.quote(group)} {name}")


@operation()
def open_accounts(names: Sequence[str]) -> Generator[StringCommand, None, None]:
    """Let accounts be opened by key, and by nothing else.

    Lifts the expiry that ``close_accounts`` gave to one wanted again; locks a password.

    Args:
        names: accounts that exist when the operation runs.

    """
    expiring = host.get_fact(ExpiringAccounts)
    for name in names:
        if name in expiring:
            yield StringCommand("usermod", "--expiredate", "''", shlex.quote(name))
    protected = host.get_fact(AccountsWithPassword)
    for name in names:
        if name in protected:
            yield StringCommand("usermod", "--lock", shlex.quote(name))


@operation()
def close_accounts(group: str, keep: Sequence[str]) -> Generator[StringCommand, None, None]:
    """Lock the accounts of a group that are no longer wanted (ANSSI-BP-028 R30).

    Files stay, for whoever has to look at them: the account expires, loses its shell and its
    group, and its sessions end.

    Args:
        group: whose members are managed.
        keep: members to leave alone.

    """
    for name in known(GroupMembers, group=group) or ():
        if name not in keep:
            user = shlex.quote(name)
            yield StringCommand(
                f"usermod --lock --expiredate 1 --shell {NO_SHELL} {user} "
                f"&& gpasswd --delete {user} {shlex.quote(group)} "
                f"&& {{ loginctl terminate-user {user} 2>/dev/null || true; }}"
            )
