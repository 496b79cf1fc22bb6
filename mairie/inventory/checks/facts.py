"""What the checks share: the addressing plan, and the merged reference of each commune."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from pydantic import ValidationError

from mairie.inventory.layers import merged_layers
from mairie.inventory.sources import Sources
from mairie.inventory.yaml_nodes import Key
from mairie.model.commune import Commune, Host, Site
from mairie.model.reference import Reference, Segment
from mairie.model.syndicate import Supernet, Syndicate
from mairie.model.territory import Territory
from mairie.plan.addressing import Addressing
from mairie.plan.reference import layers_of, merge
from mairie.plan.slug import slug


@dataclass(frozen=True)
class MergedReference:
    """The reference of some hosts: the merged values, and the model when they are valid."""

    commune: str | None
    """Whose file may have written part of it; None for hubs and for communes without overrides."""
    layers: tuple[str, ...]
    """Stems of the ``group_data/`` files that apply, broadest first."""
    values: dict[str, Any]
    model: Reference | None
    error: ValidationError | None


@dataclass(frozen=True)
class SitePlace:
    """One site of a valid commune."""

    commune_stem: str
    commune: Commune
    stem: str
    site: Site

    @property
    def path(self) -> Key:
        """Where it is in the commune's file."""
        return ("sites", self.stem)

    @property
    def gateways(self) -> list[str]:
        """Stems of its gateways; a valid site has one."""
        return [stem for stem, host in self.site.hosts.items() if "gateway" in host.roles]

    @property
    def uplinks_path(self) -> Key:
        """Where its uplinks are written."""
        return (*self.path, "uplinks") if self.site.uplinks else ("uplinks",)


class Facts:
    """Files and models of one inventory, with what follows from them."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.references: dict[tuple[object, ...], MergedReference] = {}

    @property
    def syndicate(self) -> Syndicate | None:
        """The syndicate, when its file is valid."""
        return self.sources.syndicate

    @property
    def communes(self) -> Mapping[str, Commune]:
        """The valid communes by file stem."""
        return self.sources.communes

    @cached_property
    def territory(self) -> Territory:
        """The valid part of the inventory; a stand-in takes the place of a broken syndicate."""
        return Territory(
            name="",
            syndicate=self.sources.syndicate or _STAND_IN,
            communes=self.communes,
            layers=merged_layers(self.sources.layer_files),
        )

    @cached_property
    def addressing(self) -> Addressing | None:
        """The addressing plan, when the syndicate's prefixes leave room for it."""
        syndicate = self.syndicate
        if syndicate is None:
            return None
        lengths, supernet = syndicate.addressing.commune, syndicate.supernet
        if lengths.ipv4 <= supernet.ipv4.prefixlen or lengths.ipv6 <= supernet.ipv6.prefixlen:
            return None
        return Addressing(syndicate)

    def sites(self) -> Iterator[SitePlace]:
        """Yield every site of every valid commune."""
        for stem, commune in self.communes.items():
            for name, site in commune.sites.items():
                yield SitePlace(stem, commune, name, site)

    def reference(self, commune_stem: str | None, roles: Sequence[str]) -> MergedReference:
        """Return the merged reference of the hosts of a commune with those roles."""
        commune = self.communes[commune_stem] if commune_stem is not None else None
        layers = self._layers(commune, roles)
        local = commune is not None and bool(commune.flows or commune.overrides)
        owner = commune_stem if local else None
        if (owner, layers) not in self.references:
            merged = merge(list(layers_of(self.territory, commune_stem, roles))).values
            model, error = None, None
            try:
                model = Reference.model_validate_json(json.dumps(merged), strict=True)
            except ValidationError as invalid:
                error = invalid
            self.references[owner, layers] = MergedReference(owner, layers, merged, model, error)
        return self.references[owner, layers]

    def reference_of(self, place: SitePlace, host: Host) -> Reference | None:
        """Return the reference of a host, when it is valid."""
        return self.reference(place.commune_stem, sorted(set(host.roles))).model

    def site_reference(self, place: SitePlace) -> Reference | None:
        """Return the reference of a site's gateway, when there is one and it is valid."""
        gateways = place.gateways
        return self.reference_of(place, place.site.hosts[gateways[0]]) if gateways else None

    @staticmethod
    def segments(place: SitePlace, reference: Reference) -> dict[str, Segment]:
        """Return the segments present on a site, in the order of their slot."""
        chosen = place.site.segments
        present = {
            name: segment
            for name, segment in reference.segments.items()
            if (segment.on if chosen is None else name in chosen)
        }
        return dict(sorted(present.items(), key=lambda item: item[1].slot))

    def _layers(self, commune: Commune | None, roles: Sequence[str]) -> tuple[str, ...]:
        places = () if commune is None else (commune.archipelago, slug(commune.island or ""))
        known = self.sources.layer_files
        return ("all", *(stem for stem in (*places, *roles) if stem and stem in known))


_STAND_IN = Syndicate.model_construct(
    name="",
    domain="invalid.example",
    supernet=Supernet(ipv4=IPv4Network("10.0.0.0/8"), ipv6=IPv6Network("fd00::/48")),
    hubs={},
    technicians={},
)
