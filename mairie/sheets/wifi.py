"""What the Wi-Fi sheets of a site say: a page for each network, to be put up where it is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import segno
from segno.helpers import make_wifi_data

from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing to type, under its name."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One A4 page."""

    place: str
    """Where it is put up: ``Rapa · Mairie d'Ahurei``."""
    title: str
    subtitle: str
    """The same for whoever reads no French; empty on a page of the staff."""
    facts: tuple[Fact, ...]
    paragraphs: tuple[str, ...]
    code: segno.QRCode | None
    """What a phone's camera reads to join; None where everybody has a secret of their own."""


VISITORS: Final = (
    "Visez ce carré avec l'appareil photo du téléphone, ou choisissez ce réseau dans la liste : "
    "il n'y a pas de mot de passe.",
    "Point your camera at this square, or choose this network from the list: there is no password.",
    "Réseau ouvert à tous : préférez les sites en https. Ce que vous transmettez ne passe pas par "
    "le réseau de la mairie.",
)
CLASSROOM: Final = (
    "Visez ce carré avec l'appareil photo, ou choisissez ce réseau dans la liste et tapez le mot "
    "de passe.",
    "Cette feuille ouvre la porte : elle reste dans la classe et n'est pas photographiée pour être "
    "publiée. Si elle s'égare, la mairie fait changer le mot de passe.",
)
STAFF: Final = (
    "Chacun se connecte à son nom, avec le mot de passe ou le fichier que la mairie lui a remis.",
    "Sur iPhone, iPad et Mac, sur Windows et sur Android, le plus sûr est d'ouvrir le profil remis "
    "par la mairie : il règle tout.",
    "À la main : méthode PEAP, authentification interne MSCHAPv2, certificat de l'autorité remis "
    "par la mairie, et le nom de serveur ci-dessus. Un appareil qui demande d'accepter un autre "
    "serveur est devant un faux point d'accès : refusez, et prévenez la mairie.",
    "Un appareil perdu ou un mot de passe vu par un autre : prévenez la mairie le jour même.",
)


def site_pages(plan: HostPlan, passphrases: Mapping[str, str]) -> Iterator[Page]:
    """Yield a page for each network of a gateway's radios that people join.

    Args:
        plan: of the gateway.
        passphrases: by name of network.

    """
    if plan.wifi is None:
        return
    place = f"{plan.place.commune_label} · {plan.place.site_label}"
    networks = {each.name: each for radio in plan.wifi.radios for each in radio.networks}
    for network in networks.values():
        name = Fact(name="Réseau", value=network.ssid)
        if network.security == "enterprise":
            server = Fact(name="Nom du serveur", value=plan.wifi.server_name)
            yield Page(
                place=place,
                title="Wi-Fi des agents",
                subtitle="",
                facts=(name, server),
                paragraphs=STAFF,
                code=None,
            )
        elif network.security == "personal":
            passphrase = passphrases[network.name]
            yield Page(
                place=place,
                title="Wi-Fi de la classe" if network.segment == "school" else "Wi-Fi",
                subtitle="",
                facts=(name, Fact(name="Mot de passe", value=passphrase)),
                paragraphs=CLASSROOM,
                code=to_join(network, passphrase),
            )
        elif network.security == "open":
            yield Page(
                place=place,
                title="Wi-Fi des visiteurs",
                subtitle="Visitors' Wi-Fi",
                facts=(name,),
                paragraphs=VISITORS,
                code=to_join(network, None),
            )


def device_page(plan: HostPlan, keys: Mapping[str, str]) -> Page | None:
    """Return the page of a technician who sets devices up; None without such devices.

    Args:
        plan: of the gateway.
        keys: by name of device.

    """
    radios = plan.wifi.radios if plan.wifi else ()
    networks = {
        each.name: each
        for radio in radios
        for each in radio.networks
        if each.security == "devices" and each.devices
    }
    facts = tuple(
        fact
        for network in networks.values()
        for fact in (
            Fact(name="Réseau", value=network.ssid),
            *(
                Fact(name=f"{device.label or device.name} · {device.mac}", value=keys[device.name])
                for device in network.devices
            ),
        )
    )
    if not facts:
        return None
    return Page(
        place=f"{plan.place.commune_label} · {plan.place.site_label}",
        title="Wi-Fi des équipements",
        subtitle="",
        facts=facts,
        paragraphs=(
            "Pour le technicien : chaque équipement a sa propre clé, qui n'ouvre qu'à lui. Cette "
            "feuille ne s'affiche pas ; elle se détruit une fois les équipements réglés.",
        ),
        code=None,
    )


def to_join(network: Network, passphrase: str | None) -> segno.QRCode:
    """Return the code that joins a network (the WIFI: scheme that phones' cameras read)."""
    security = "WPA" if passphrase else "nopass"
    text = make_wifi_data(network.ssid, passphrase, security)
    # Latin-1, which would do for most names, is taken for Japanese by some readers.
    return segno.make_qr(text, error="m", encoding="utf-8")
