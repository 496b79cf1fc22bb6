"""Where a host gets the packages that Debian does not have: from its hub, signed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSource:
    """The repository of the hub, as its hosts and the hub itself see it."""

    address: str
    """Of the hub inside the VPN."""
    port: int
    certificate: str
    """Armoured OpenPGP certificate of the syndicate: what it signed is installed, nothing else."""
    names: tuple[str, ...]
    """Packages that may come from there."""

    @property
    def url(self) -> str:
        """Its address, as apt shows it."""
        return f"http://{self.address}:{self.port}"
