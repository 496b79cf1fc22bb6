"""Every prefix and address, cut out of the supernet by index and slot (RFC 1918, RFC 4193).

Nothing here depends on what else exists, so adding a commune, a site or a segment moves nobody.
A site prefix holds 16 segment slots: 0 to 13 for segments, 14 kept, 15 for the site's tunnel.
Commune 0 is the syndicate's own: a site slot per hub, the last two for VPN peers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, Literal, NamedTuple, cast

from netaddr import IPAddress, IPNetwork

from mairie.model.commune import Site
from mairie.model.syndicate import PrefixLengths, Syndicate
from mairie.plan.stable import stable_number

TUNNEL_SLOT: Final = 15
GATEWAY_NUMBER: Final = 1
SERVER_NUMBERS: Final = range(2, 10)
FULL_IPV4: Final = (1 << 32) - 1
FULL_IPV6: Final = (1 << 128) - 1


class Prefixes(NamedTuple):
    """The same place in both families."""

    ipv4: IPNetwork
    ipv6: IPNetwork

    @property
    def text(self) -> tuple[str, str]:
        """Both prefixes as text."""
        return (
            f"{_text(_first(self.ipv4), 4)}/{self.ipv4.prefixlen}",
            f"{_text(_first(self.ipv6), 6)}/{self.ipv6.prefixlen}",
        )


class HostAddress(NamedTuple):
    """One host number in both families, as text."""

    ipv4: str
    ipv6: str


def _first(network: IPNetwork) -> int:
    """Return the first address of a network that has no host bits: nothing to mask away."""
    return cast(int, network.value)


@dataclass(frozen=True)
class Pool:
    """DHCPv4 range of a segment, both ends included."""

    first: str
    last: str


@lru_cache(maxsize=1 << 15)  # one host asks for its own prefixes again and again
def _cut(ipv4: int, ipv6: int, lengths: tuple[int, int], number: int) -> Prefixes:
    """Return subnet ``number`` of these lengths of the prefixes that begin there."""
    return Prefixes(
        IPNetwork((ipv4 + (number << (32 - lengths[0])), lengths[0]), version=4),
        IPNetwork((ipv6 + (number << (128 - lengths[1])), lengths[1]), version=6),
    )


def address(prefixes: Prefixes, number: int) -> HostAddress:
    """Return host ``number`` of a segment; the same number in both families."""
    return HostAddress(
        _text(_first(prefixes.ipv4) + number, 4), _text(_first(prefixes.ipv6) + number, 6)
    )


@lru_cache(maxsize=1 << 15)
def _text(value: int, version: Literal[4, 6]) -> str:
    # The same text as str(IPAddress(…)), ten times faster: a territory has 100,000 of them.
    if version == 4:
        return inet_ntop(AF_INET, value.to_bytes(4, "big"))
    return inet_ntop(AF_INET6, value.to_bytes(16, "big"))


def pool(prefix: IPNetwork) -> Pool:
    """Return the DHCP range, in the upper part: ``.100`` to ``.249`` of a /24."""
    size = int(prefix.size)
    first = int(prefix.first)
    return Pool(
        str(IPAddress(first + size * 100 // 256, 4)),
        str(IPAddress(first + size - 1 - max(2, size * 6 // 256), 4)),
    )


def site_slot(name: str, site: Site, slots: int) -> int:
    """Return the site's place in its commune: its ``index``, else from a hash of its name."""
    return site.index if site.index is not None else stable_number(name, slots)


def server_number(name: str, number: int | None) -> int:
    """Return the host number of a server that is not the gateway: given, else from its name."""
    if number is not None:
        return number
    return SERVER_NUMBERS.start + stable_number(name, len(SERVER_NUMBERS))


class Addressing:
    """The addressing plan of one syndicate."""

    def __init__(self, syndicate: Syndicate) -> None:
        self._lengths = syndicate.addressing
        self._segments: dict[tuple[int, int], Prefixes] = {}
        self.supernets = Prefixes(
            IPNetwork(str(syndicate.supernet.ipv4)), IPNetwork(str(syndicate.supernet.ipv6))
        )

    @cached_property
    def communes(self) -> int:
        """How many communes fit, the syndicate's own place included."""
        commune = self._lengths.commune
        return 1 << min(
            commune.ipv4 - self.supernets.ipv4.prefixlen,
            commune.ipv6 - self.supernets.ipv6.prefixlen,
        )

    @cached_property
    def sites(self) -> int:
        """How many sites fit in a commune."""
        site, commune = self._lengths.site, self._lengths.commune
        return 1 << min(site.ipv4 - commune.ipv4, site.ipv6 - commune.ipv6)

    @property
    def hubs(self) -> int:
        """How many hubs fit in commune 0, beside the two slots of VPN peers."""
        return self.sites - 2

    def commune(self, index: int) -> Prefixes:
        """Return the prefixes of one commune."""
        return self._cut(self.supernets, self._lengths.commune, index)

    def site(self, index: int, slot: int) -> Prefixes:
        """Return the prefixes of one site."""
        return self._cut(self.commune(index), self._lengths.site, slot)

    def segment(self, site: Prefixes, slot: int) -> Prefixes:
        """Return the prefixes of one segment of a site."""
        key = (_first(site.ipv4), slot)
        if key not in self._segments:
            self._segments[key] = self._cut(site, self._lengths.segment, slot)
        return self._segments[key]

    def tunnel(self, index: int, slot: int) -> HostAddress:
        """Return the tunnel address of a site's gateway; commune 0, slot n for hub n."""
        return address(self.segment(self.site(index, slot), TUNNEL_SLOT), GATEWAY_NUMBER)

    @cached_property
    def technicians(self) -> Prefixes:
        """Prefixes of technicians' VPN peers."""
        return self.site(0, self.sites - 1)

    @cached_property
    def peers(self) -> Prefixes:
        """Prefixes of other unmanaged VPN peers."""
        return self.site(0, self.sites - 2)

    def any_commune(self, slot: int) -> HostAddress:
        """Return matches for one segment slot of any site of any commune."""
        return self._match(self.supernets, slot)

    def any_site(self, index: int, slot: int) -> HostAddress:
        """Return matches for one segment slot of any site of one commune."""
        return self._match(self.commune(index), slot)

    def _cut(self, parent: Prefixes, lengths: PrefixLengths, number: int) -> Prefixes:
        first = _first(parent.ipv4), _first(parent.ipv6)
        return _cut(*first, (lengths.ipv4, lengths.ipv6), number)

    def _match(self, outer: Prefixes, slot: int) -> HostAddress:
        texts = []
        for prefix, site, segment in (
            (outer.ipv4, self._lengths.site.ipv4, self._lengths.segment.ipv4),
            (outer.ipv6, self._lengths.site.ipv6, self._lengths.segment.ipv6),
        ):
            width, full = (32, FULL_IPV4) if prefix.version == 4 else (128, FULL_IPV6)
            outer_mask = full ^ ((1 << (width - prefix.prefixlen)) - 1)
            slot_mask = ((1 << (width - site)) - 1) ^ ((1 << (width - segment)) - 1)
            value = _first(prefix) | (slot << (width - segment))
            mask = _text(outer_mask | slot_mask, prefix.version)
            texts.append(f"{_text(value, prefix.version)}/{mask}")
        return HostAddress(*texts)
