"""Packages of Debian: what pyinfra's ``apt.packages`` does, with one look for all bricks."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterable, Sequence

from pyinfra.api.command import StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host
from pyinfra.facts.deb import DebPackages
from pyinfra.operations import apt

from mairie.host.known import known

LISTS_S = 24 * 3600
"""Age of apt's lists at which they are fetched again, before something is installed."""


@operation()
def have_packages(packages: Sequence[str]) -> Generator[StringCommand, None, None]:
    """Have packages, without those that they only recommend.

    Args:
        packages: their names.

    """
    if all(name in known(DebPackages) for name in packages):
        host.noop("packages are installed")
        return
    yield from apt.packages._inner(
        packages=list(packages), no_recommends=True, update=True, cache_time=LISTS_S
    )


@operation()
def no_packages(packages: Sequence[str]) -> Generator[StringCommand, None, None]:
    """Have none of these packages.

    Args:
        packages: their names.

    """
    if any(name in known(DebPackages) for name in packages):
        yield from apt.packages._inner(packages=list(packages), present=False)
    else:
        host.noop("packages are not installed")


class AtLeast(FactBase[str]):
    """Where a package of a version or a later one is: ``installed``, ``offered``, ``missing``."""

    @staticmethod
    def default() -> str:
        """Return that of a package nobody has."""
        return "missing"

    def command(self, package: str, version: str) -> str:
        """Return the command."""
        name, wanted = shlex.quote(package), shlex.quote(version)
        return (
            f'late() {{ [ -n "$1" ] && dpkg --compare-versions "$1" ge {wanted}; }}; '
            f"late \"$(dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' {name} 2>/dev/null | "
            "sed -n 's/^installed //p')\" && echo installed || "
            f'{{ late "$(LC_ALL=C apt-cache policy {name} | '
            "sed -n 's/^  Candidate: \\([0-9].*\\)/\\1/p')\" && echo offered; } || echo missing"
        )

    def process(self, output: Iterable[str]) -> str:
        """Keep the word."""
        return "".join(output).strip() or "missing"


class SourcesOf(FactBase[str]):
    """What apt says of the sources of a package, as it stands."""

    @staticmethod
    def default() -> str:
        """Return that of a package nobody has."""
        return ""

    def command(self, package: str) -> str:
        """Return the command."""
        return f"LC_ALL=C apt-cache policy {shlex.quote(package)}"

    def process(self, output: Iterable[str]) -> str:
        """Keep the lines."""
        return "\n".join(output)


@operation()
def source_read(
    package: str, version: str, path: str, url: str
) -> Generator[StringCommand, None, None]:
    """Have apt know what one source offers, without asking any other.

    A source that does not answer is no error: what it offered before is still known.

    Args:
        package: that must be known from there.
        version: that it must have at least.
        path: of the source's file.
        url: of the source, as apt shows it.

    """
    found = known(AtLeast, package=package, version=version)
    # What is installed is upgraded at night, from lists that the night reads itself.
    if found == "installed" or (
        found == "offered" and url in host.get_fact(SourcesOf, package=package)
    ):
        host.noop(f"{package} is installed, or apt knows it of {url}")
        return
    yield StringCommand(
        "apt-get -q update",
        f"-o Dir::Etc::SourceList={shlex.quote(path)} -o Dir::Etc::SourceParts=/dev/null",
        "-o APT::Get::List-Cleanup=0 -o Acquire::Retries=1 -o Acquire::http::Timeout=30",
    )


@operation()
def offered(package: str, version: str, where: str) -> Generator[StringCommand, None, None]:
    """Stop with a sentence when a package is not there and no source of this host has it.

    Args:
        package: its name.
        version: that it must have at least.
        where: what to do to have it, as the end of the sentence.

    """
    if known(AtLeast, package=package, version=version) != "missing":
        host.noop(f"{package} is installed, or offered")
        return
    sentence = f"No source of packages of this host has {package} {version} or later: {where}"
    yield StringCommand(f"echo {shlex.quote(sentence)} >&2; exit 1")


@operation()
def upgraded(package: str, version: str) -> Generator[StringCommand, None, None]:
    """Have a package that is installed in a version or a later one.

    Args:
        package: its name.
        version: that it must have at least.

    """
    if known(AtLeast, package=package, version=version) == "installed":
        host.noop(f"{package} is recent enough")
        return
    yield StringCommand(
        "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends",
        f"-o Dpkg::Options::=--force-confold install {shlex.quote(package)}",
    )
