"""Facts of brick base: their commands run here, their answers read back."""

import subprocess

from mairie.host.system import (
    AccountsWithPassword,
    ExpiringAccounts,
    GroupMembers,
    KernelParameter,
    KernelParameters,
    PackagesAreWhole,
)


def lines(command: str) -> list[str]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_kernel_parameters_are_read_in_one_command() -> None:
    fact = KernelParameters()
    keys = ("kernel.ostype", "net.ipv4.ip_local_port_range", "kernel.no_such_key")
    found = fact.process(lines(fact.command(keys=keys)))
    assert found["kernel.ostype"].value == "Linux"
    assert found["kernel.no_such_key"] == KernelParameter(value=None, writable=False)
    ports = found["net.ipv4.ip_local_port_range"].value
    assert ports is not None
    assert len(ports.split(" ")) == 2


def test_read_only_parameters_are_told_from_writable_ones() -> None:
    found = KernelParameters().process(["kernel.sysrq ro 176", "net.ipv4.ip_forward rw 1"])
    assert found == {
        "kernel.sysrq": KernelParameter(value="176", writable=False),
        "net.ipv4.ip_forward": KernelParameter(value="1", writable=True),
    }


def test_members_of_a_group_are_sorted() -> None:
    assert GroupMembers().process(["mairie-technicians:x:996:moana,hina"]) == ("hina", "moana")


def test_an_empty_group_and_no_group_have_no_members() -> None:
    fact = GroupMembers()
    assert fact.process(["mairie-technicians:x:996:"]) == ()
    assert lines(fact.command(group="no-such-group")) == []


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


def test_whole_packages() -> None:
    assert PackagesAreWhole().process(["whole"])
    assert not PackagesAreWhole().process(["broken"])
