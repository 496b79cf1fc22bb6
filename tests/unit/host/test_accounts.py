"""Facts about accounts: their commands run here, their answers read back."""

import pwd
import subprocess

from mairie.host.accounts import (
    Account,
    Accounts,
    AccountsWithPassword,
    ExpiringAccounts,
    GroupMembers,
)
from tests.unit.host.here import lines


def test_accounts_are_read_in_one_command_and_absent_ones_left_out() -> None:
    fact = Accounts()
    found = fact.process(lines(fact.command(names=("nobody-at-all", "root", "daemon"))))
    assert set(found) == {"root", "daemon"}
    root = pwd.getpwnam("root")
    assert (found["root"].label, found["root"].shell) == (root.pw_gecos, root.pw_shell)
    assert "root" in found["root"].groups


def test_no_account_is_asked_for() -> None:
    fact = Accounts()
    assert fact.process(lines(fact.command(names=()))) == {}


def test_all_groups_of_an_account_count() -> None:
    said = ["hina:x:1000:1000:Hina T.:/home/hina:/bin/bash", "hina mairie-technicians"]
    assert Accounts().process(said) == {
        "hina": Account(  # noqa: S604 - the log-in shell
            label="Hina T.",
            home="/home/hina",
            shell="/bin/bash",
            group="hina",
            groups=frozenset({"hina", "mairie-technicians"}),
        )
    }


def test_an_account_name_is_never_run_as_shell() -> None:
    assert lines(Accounts().command(names=("x; echo injected",))) == []


def test_members_of_a_group_are_sorted() -> None:
    assert GroupMembers().process(["mairie-technicians:x:996:moana,hina"]) == ("hina", "moana")


def test_an_empty_group_is_told_from_no_group() -> None:
    fact = GroupMembers()
    assert fact.process(["mairie-technicians:x:996:"]) == ()
    assert fact.process(lines(fact.command(group="no-such-group"))) is None


def test_a_group_name_is_never_run_as_shell() -> None:
    assert lines(GroupMembers().command(group="x; echo injected")) == []


def shadow(command: str, text: str) -> list[str]:
    """Run a fact's command over this text in place of /etc/shadow."""
    program = command.replace(" /etc/shadow", "")
    done = subprocess.run(
        ["sh", "-c", program], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


SHADOW = """\
root:*:20000:0:99999:7:::
left:!$y$x:20000:0:99999:7::1:
open::20000:0:99999:7:::
word:$y$j9T$x:20000:0:99999:7:::
key:!:20000:0:99999:7:::
"""


def test_expiring_accounts_have_a_date() -> None:
    fact = ExpiringAccounts()
    assert fact.process(shadow(fact.command(), SHADOW)) == ("left",)


def test_an_empty_password_opens_an_account_too() -> None:
    fact = AccountsWithPassword()
    assert fact.process(shadow(fact.command(), SHADOW)) == ("open", "word")
