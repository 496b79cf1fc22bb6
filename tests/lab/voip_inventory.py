"""The demo with telephony: Rurutu with its two sites, and Rapa with one host."""

from __future__ import annotations

import shutil
from pathlib import Path

from mairie.inventory import load
from mairie.secrets.files import load_telephony, save_telephony
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
OPERATOR = "sip.operateur.demo.example"
"""Where both communes' trunks lead; a machine of the lab's internet answers there."""

RURUTU = f"""\
phones:
  accueil:
    {{site: mairie, number: 101, mac: "00:15:65:10:44:11", model: yealink-t31g, label: Accueil,
     voicemail: true}}
  secretariat:
    {{site: mairie, number: 102, mac: "00:15:65:10:44:12", model: yealink-t31g, label: Secrétariat,
     voicemail: true}}
  maire:
    {{site: mairie, number: 103, mac: "00:04:13:10:44:13", model: snom-d785, label: Le maire,
     right: international}}
  atelier: {{site: mairie, number: 104, model: softphone, label: Atelier, right: inside}}
  direction:
    {{site: ecole, number: 120, mac: "00:0b:82:10:44:14", model: grandstream-grp2612,
     label: Direction de l'école, outgoing: "+68940930120"}}
telephony:
  number: "+68940930000"
  sites: {{ecole: "+68940930120"}}
  reception:
    number: 100
    members: [accueil, secretariat]
    seconds: 20
    voicemail: accueil
    hours:
      - {{days: [mon, tue, wed, thu], start: "07:30", end: "12:00"}}
      - {{days: [mon, tue, wed, thu], start: "13:00", end: "15:30"}}
      - {{days: [fri], start: "07:30", end: "14:30"}}
    closures: [{{date: 2026-12-24, label: Veille de Noël}}]
  groups:
    urbanisme:
      {{number: 200, label: Urbanisme, members: [secretariat, maire], strategy: order, seconds: 15,
       otherwise: secretariat}}
    file:
      {{number: 201, label: File d'attente, members: [accueil, secretariat], strategy: queue,
       seconds: 120, otherwise: accueil}}
  trunks:
    local:
      label: Opérateur de l'île
      kind: register
      host: {OPERATOR}
      username: rurutu
      srtp: true
      channels: 2
      numbers: ["+68940930000", "+68940930120"]
    secours:
      {{label: Opérateur de secours, kind: ip, host: secours.{OPERATOR}, transport: udp,
       channels: 1, numbers: ["+68940930001"], dial_format: e164}}
  blocked: ["8799XXXX"]
  spending: {{daily: 2000}}
"""

RAPA = f"""\
phones:
  accueil:
    {{site: mairie, number: 101, mac: "00:15:65:10:41:11", model: yealink-t31g, label: Accueil,
     voicemail: true}}
  infirmerie:
    {{site: mairie, number: 102, mac: "00:15:65:10:41:12", model: yealink-t31g, label: Infirmerie}}
telephony:
  number: "+68940920000"
  reception:
    number: 100
    members: [accueil]
    voicemail: accueil
    hours: [{{days: [mon, tue, wed, thu, fri], start: "07:00", end: "13:00"}}]
  trunks:
    local:
      label: Opérateur de l'île
      kind: register
      host: {OPERATOR}
      username: rapa
      channels: 1
      numbers: ["+68940920000"]
"""


def write(folder: Path) -> Path:
    """Copy the demo with this telephony, not its own, into a folder that is not there yet.

    Secrets are the demo's: those of the telephone systems are still to be made.
    """
    shutil.copytree(DEMO, folder)
    for commune, text in (("rurutu", RURUTU), ("rapa", RAPA)):
        path = folder / "communes" / f"{commune}.yaml"
        path.write_text(f"{path.read_text().partition('phones:')[0]}{text}")
    _forget(folder)
    return folder


def _forget(folder: Path) -> None:
    """Take away the secrets of the demo's own telephones."""
    vault, identity = Vault(folder, load(folder)), find_identity(folder, demo=True)
    for commune in load_telephony(folder):
        vault.write(commune, vault.open(commune, identity).with_telephony({}))
    save_telephony(folder, {})
