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
def source_read(package: str, path: str, url: str) -> Generator[StringCommand, None, None]:
    """Have apt know what one source offers, without asking any other.

    A source that does not answer is no error: what it offered before is still known.

    Args:
        package: that must be known from there.
        path: of the source's file.
        url: of the source, as apt shows it.

    """
    # What is installed is upgraded at night, from lists that the night reads itself.
    if package in known(DebPackages) or url in host.get_fact(SourcesOf, package=package):
        host.noop(f"{package} is installed, or apt knows it of {url}")
        return
    yield StringCommand(
        "apt-get -q update",
        f"-o Dir::Etc::SourceList={shlex.quote(path)} -o Dir::Etc::SourceParts=/dev/null",
        "-o APT::Get::List-Cleanup=0 -o Acquire::Retries=1 -o Acquire::http::Timeout=30",
    )


@operation()
def offered(package: str, where: str) -> Generator[StringCommand, None, None]:
    """Stop with a sentence when a package is not there and no source of this host has it.

    Args:
        package: its name.
        where: what to do to have it, as the end of the sentence.

    """
    if package in known(DebPackages):
        host.noop(f"{package} is installed")
        return
    sentence = f"No source of packages of this host has {package}: {where}"
    yield StringCommand(
        f"apt-cache show --no-all-versions {shlex.quote(package)} >/dev/null 2>&1 || "
        f"{{ echo {shlex.quote(sentence)} >&2; exit 1; }}"
    )
