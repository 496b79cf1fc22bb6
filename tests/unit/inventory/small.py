"""A small inventory to damage: a hub, Rapa with one host, Rurutu with two sites."""

from __future__ import annotations

from pathlib import Path

from mairie.inventory import InventoryErrors, load

SYNDICATE = """\
name: Essai
domain: essai.example
supernet:
  ipv4: 10.0.0.0/8
  ipv6: fd00:1:2::/48
hubs:
  hub:
    label: Hub
    index: 1
    endpoint: hub.essai.example:51820
    timezone: Pacific/Tahiti
technicians:
  hina:
    label: Hina
    ssh_keys:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+HSWB6ETkaBSww9fc7 hina
    index: 2
    wireguard: igmwkdpbq9RI8Ux30TmAigLHRKVm/WcewaD3viOxWE8=
peers:
  phone:
    label: Téléphone
    index: 10
    wireguard: /OuyxFzM+fWEdwlrhQhQZTCzj+M0IkQ9utymItXLQ18=
recipients:
  - age1agegfw80jjwd2m4wtflvafuqhhq96cz5rk4vs5vrvrzv2dwcrymqhwvjt7
demo: true
"""

RAPA = """\
insee: "98741"
name: Rapa
archipelago: australes
island: Rapa
timezone: Pacific/Tahiti
index: 41
uplinks:
  - {kind: satellite, down: 10M, up: 2M, rtt_ms: 600}
sites:
  mairie:
    label: Mairie
    segments: [admin, servers, agents]
    hosts:
      box:
        roles: [gateway, server]
        wan: eth0
        ports: {admin: eth1, servers: eth2, agents: eth3}
"""

RURUTU = """\
insee: "98744"
name: Rurutu
archipelago: australes
island: Rurutu
timezone: Pacific/Tahiti
index: 44
uplinks:
  - {kind: satellite, down: 20M, up: 4M, rtt_ms: 600}
sites:
  mairie:
    label: Mairie de Moerai
    index: 1
    hosts:
      gw: {roles: [gateway], wan: eth0, trunk: eth1}
      srv: {roles: [server], number: 2}
    equipment:
      printer: {segment: agents, mac: "00:1b:a9:10:44:01", address: 10.44.18.10}
  ecole:
    label: École d'Avera
    index: 2
    segments: [admin, school, voice]
    hosts:
      gw: {roles: [gateway], wan: eth0, trunk: eth1}
"""

PUBLIC = """\
hub: {current: 8FGZifrku2N7uGx6ZSDSTHnUSBSgsDxWPGZBuvmwdio=}
rapa-mairie-box: {current: CXyvF0DTmRrdHOi0o6UsiLjNycry1TjoXvgphyZxM0k=}
rurutu-mairie-gw: {current: hmiyf3WMQWteVMl8UyxBaw9hibSNH0EH58Hj3R+8a0g=}
rurutu-ecole-gw: {current: +e/2nndVv5cRE1tsnmVESd6LTZ//CjCtkRAslEGboSo=}
"""

FILES = {
    "syndicate.yaml": SYNDICATE,
    "communes/rapa.yaml": RAPA,
    "communes/rurutu.yaml": RURUTU,
    "secrets/public.yaml": PUBLIC,
}


class Inventory:
    """The small inventory in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace one text that must be there once."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def errors(self, *, secrets: bool = True) -> list[str]:
        """Return the lines that the command prints, paths from the inventory folder."""
        try:
            load(self.folder, secrets=secrets)
        except InventoryErrors as errors:
            return [str(problem).removeprefix(f"{self.folder}/") for problem in errors.errors]
        return []
