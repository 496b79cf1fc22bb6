"""Generated territories for property tests: any number of communes, sites, segments and roles."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mairie.model.commune import Commune
from mairie.model.syndicate import Syndicate
from mairie.model.territory import PublicKeys, Territory

ROOT = Path(__file__).parents[3]
SEGMENTS = ("admin", "servers", "agents", "voice", "public", "school", "video", "things")


def reference_layer() -> dict[str, Any]:
    """Read group_data/all.py as plain data."""
    spec = importlib.util.spec_from_file_location("reference_all", ROOT / "group_data/all.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: getattr(module, name) for name in module.__all__}


LAYERS = {"all": reference_layer()}


def key_of(host: str) -> str:
    """Return a key that is well formed and different for each host."""
    return base64.b64encode(hashlib.sha256(host.encode()).digest()).decode()


def syndicate(hubs: int = 1) -> Syndicate:
    """Return a syndicate with some hubs, a technician and a peer."""
    return Syndicate.model_validate(
        {
            "name": "Essai",
            "domain": "essai.example",
            "demo": True,
            "supernet": {"ipv4": "10.0.0.0/8", "ipv6": "fd6d:6169:7269::/48"},
            "hubs": {
                f"hub{n}": {
                    "label": f"Hub {n}",
                    "index": n,
                    "endpoint": f"hub{n}.essai.example:51820",
                    "timezone": "Pacific/Tahiti",
                }
                for n in range(hubs)
            },
            "technicians": {
                "hina": {
                    "label": "Hina",
                    "ssh_keys": ["ssh-ed25519 AAAA"],
                    "index": 2,
                    "wireguard": key_of("hina"),
                }
            },
            "peers": {"phone": {"label": "T", "index": 2, "wireguard": key_of("phone")}},
        }
    )


@st.composite
def sites(draw: st.DrawFn, index: int) -> dict[str, Any]:
    """Draw one site: its segments, and one to three hosts."""
    segments = draw(st.sets(st.sampled_from(SEGMENTS), min_size=1))
    names = [name for name in SEGMENTS if name in segments]
    single = draw(st.booleans())
    cabling: dict[str, Any] = (
        {"trunk": "eth9"}
        if draw(st.booleans())
        else {"ports": {name: f"eth{1 + n}" for n, name in enumerate(names)}}
    )
    gateway = {"roles": ["gateway", "server"] if single else ["gateway"], "wan": "eth0", **cabling}
    hosts: dict[str, Any] = {"gw": gateway}
    if not single and "servers" in segments and draw(st.booleans()):
        hosts["srv"] = {"roles": ["server"]}
    if "admin" in segments and {"agents", "public", "school"} & segments and draw(st.booleans()):
        hosts["cour"] = {"roles": ["ap"], "trunk": "eth0", "radios": {"wlan0": {"band": 2.4}}}
    return {"label": f"Site {index}", "index": index, "segments": names, "hosts": hosts}


def telephones(index: int, sites: dict[str, Any]) -> dict[str, Any]:
    """Return a telephone system for a commune: a softphone on each site with phones."""
    places = [name for name, site in sites.items() if "voice" in site["segments"]]
    phones = {
        f"phone-{name}": {
            "site": name,
            "number": 200 + place,
            "label": f"Poste {name}",
            "model": "softphone",
            "voicemail": True,
        }
        for place, name in enumerate(places)
    }
    main = f"+689409{index:05d}"
    reception = {
        "number": 199,
        "members": list(phones),
        "voicemail": next(iter(phones), ""),
        "hours": [{"days": ["mon"], "start": "07:30", "end": "12:00"}],
    }
    trunk = {"label": "O", "kind": "ip", "host": "192.0.2.7", "channels": 1, "numbers": [main]}
    telephony = {"number": main, "trunks": {"operator": trunk}}
    return {
        "phones": phones,
        "telephony": {**telephony, **({"reception": reception} if phones else {})},
    }


@st.composite
def communes(draw: st.DrawFn, index: int, *, phones: bool = False) -> Commune:
    """Draw one commune with one to three sites, with or without a telephone system."""
    count = draw(st.integers(1, 3))
    places = draw(st.lists(st.integers(0, 13), min_size=count, max_size=count, unique=True))
    kind = draw(st.sampled_from(["fibre", "dsl", "4g", "satellite"]))
    buildings = {f"site{place}": draw(sites(place)) for place in places}
    return Commune.model_validate(
        {
            "insee": f"{98700 if phones else 98000 + index:05d}",
            "name": f"Commune {index}",
            "timezone": draw(st.sampled_from(["Pacific/Tahiti", "Pacific/Marquesas"])),
            "index": index,
            "uplinks": [{"kind": kind, "down": "20M", "up": "4M"}],
            "sites": buildings,
            **(telephones(index, buildings) if phones else {}),
        }
    )


def territory(fleet: list[Commune], hubs: int = 1) -> Territory:
    """Put communes under one syndicate, each host with its keys."""
    by_stem = {f"commune{item.index}": item for item in sorted(fleet, key=lambda c: c.index)}
    hosts = [
        f"{stem}-{site}-{host}"
        for stem, commune in by_stem.items()
        for site, content in commune.sites.items()
        for host in content.hosts
    ]
    names = [*hosts, *(f"hub{n}" for n in range(hubs))]
    keys = {name: PublicKeys(key_of(name)) for name in names}
    return Territory("essai", syndicate(hubs), by_stem, LAYERS, keys)


@st.composite
def fleets(
    draw: st.DrawFn, smallest: int = 1, largest: int = 4, *, phones: bool = False
) -> list[Commune]:
    """Draw communes with distinct indexes."""
    indexes = draw(st.lists(st.integers(1, 255), min_size=smallest, max_size=largest, unique=True))
    return [draw(communes(index, phones=phones)) for index in indexes]
