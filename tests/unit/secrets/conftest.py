"""A territory of one hub, two communes and one technician, with an identity of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from mairie.model.commune import Commune
from mairie.model.syndicate import Syndicate
from mairie.model.territory import Territory
from mairie.secrets.identity import Identity, parse_identity
from mairie.secrets.vault import Vault
from tests.unit.plan.fleets import LAYERS

DEMO = Path(__file__).parents[3] / "inventories" / "demo"
OWN_SSH_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII5y/juz3lm1pJSBm5iYZdwucDwqk+0E7iGYInbDLwef ana@essai"
)
SSH_KEY = (DEMO / "identity" / "hina-ssh.pub").read_text().strip()


def age_identity() -> tuple[str, str]:
    """Return a fresh private key and its recipient."""
    key = pyrage.x25519.Identity.generate()
    return str(key), str(key.to_public())


def a_commune(index: int, sites: dict[str, Any]) -> Commune:
    return Commune.model_validate(
        {
            "insee": f"9870{index}",
            "name": f"Commune {index}",
            "timezone": "Pacific/Tahiti",
            "index": index,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "sites": sites,
        }
    )


def a_site(**hosts: list[str]) -> dict[str, Any]:
    gateway = {"wan": "eth0", "trunk": "eth1"}
    return {
        "label": "Mairie",
        "hosts": {
            name: {"roles": roles, **(gateway if "gateway" in roles else {})}
            for name, roles in hosts.items()
        },
    }


@dataclass
class World:
    """What most tests need."""

    folder: Path
    territory: Territory
    identity: Identity
    """A key of the syndicate."""
    stranger: Identity
    """A key that nothing is encrypted to."""

    @property
    def vault(self) -> Vault:
        """A vault that has opened nothing yet."""
        return Vault(self.folder, self.territory)

    def no_identity(self) -> Identity:
        raise AssertionError("no identity should have been asked for")

    def with_recipients(self, *keys: str, demo: bool = False) -> World:
        syndicate = self.territory.syndicate.model_copy(update={"recipients": keys, "demo": demo})
        return replace(self, territory=replace(self.territory, syndicate=syndicate))

    def generated(self) -> World:
        self.vault.generate(self.no_identity)
        return self


@pytest.fixture
def world(tmp_path: Path) -> World:
    private, public = age_identity()
    other, _ = age_identity()
    syndicate = Syndicate.model_validate(
        {
            "name": "Essai",
            "domain": "essai.example",
            "supernet": {"ipv4": "10.0.0.0/8", "ipv6": "fd00:1:2::/48"},
            "hubs": {
                "hub": {
                    "label": "Siège",
                    "index": 1,
                    "endpoint": "hub.essai.example:51820",
                    "timezone": "Pacific/Tahiti",
                }
            },
            "technicians": {"ana": {"label": "Ana", "ssh_keys": [OWN_SSH_KEY]}},
            "recipients": [public],
        }
    )
    communes = {
        "anaa": a_commune(
            1,
            {
                "mairie": a_site(gw=["gateway"], srv=["server"]),
                "ecole": a_site(gw=["gateway"]),
            },
        ),
        "rapa": a_commune(2, {"mairie": a_site(box=["gateway", "server"])}),
    }
    return World(
        folder=tmp_path / "essai",
        territory=Territory(name="essai", syndicate=syndicate, communes=communes, layers=LAYERS),
        identity=parse_identity(private.encode(), "test"),
        stranger=parse_identity(other.encode(), "stranger.txt"),
    )
