"""Radios of a gateway: channels, addresses, who is on the air where."""

from __future__ import annotations

from typing import Any

import pytest

from mairie.model.commune import Commune
from mairie.model.reference import Reference
from mairie.model.territory import PublicKeys, Territory
from mairie.plan import channels
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Network, Radio, WifiPlan
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

REFERENCE = Reference.model_validate(LAYERS["all"])
METER = {"segment": "things", "mac": "02:00:00:00:05:00", "wifi": True, "label": "Compteur"}
BOTH = {"wlan0": {"band": 2.4, "channel": 6}, "wlan1": {"band": 5, "channel": 36, "power": 15}}


def plan(insee: str = "98741", radios: dict[str, Any] | None = None, **site: Any) -> HostPlan:
    """Return the plan of a gateway with radios."""
    commune = Commune.model_validate(
        {
            "insee": insee,
            "name": "Essai",
            "timezone": "Pacific/Tahiti",
            "index": 7,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "people": {"ana": {"name": "Ana"}},
            "sites": {
                "mairie": {
                    "label": "Mairie",
                    "hosts": {
                        "gw": {
                            "roles": ["gateway"],
                            "wan": "eth0",
                            "trunk": "eth1",
                            "radios": BOTH if radios is None else radios,
                        },
                        "srv": {"roles": ["server"]},
                    },
                    **site,
                }
            },
        }
    )
    territory = Territory(
        name="essai",
        syndicate=syndicate(),
        communes={"essai": commune},
        layers=LAYERS,
        public_keys={
            name: PublicKeys(current=key_of(name)) for name in ("hub0", "essai-mairie-gw")
        },
    )
    plans = resolve(territory)
    assert plans["essai-mairie-srv"].wifi is None
    return plans["essai-mairie-gw"]


def wifi(**keys: Any) -> WifiPlan:
    found = plan(**keys).wifi
    assert found is not None
    return found


def networks(radio: Radio) -> dict[str, Network]:
    return {network.name: network for network in radio.networks}


def test_what_is_on_the_air() -> None:
    found = wifi(equipment={"meter": METER})
    first, second = found.radios
    assert (first.name, first.channel, first.width, first.power) == ("wlan0", 6, 20, 20)
    assert (second.name, second.width, second.centre, second.power) == ("wlan1", 80, 42, 15)
    assert [network.ssid for network in first.networks] == [
        "Essai Mairie",
        "Essai École",
        "Essai Public",
        "Essai Objets",
    ]
    assert [network.interfaces for network in second.networks] == [
        ("wlan1",),
        ("wlan1-1",),
        ("wlan1-2", "wlan1-3"),
        ("wlan1-4",),
    ]
    (meter,) = networks(first)["things"].devices
    assert (meter.name, meter.label, meter.mac) == ("meter", "Compteur", "02:00:00:00:05:00")


def test_its_radius_server_answers_itself_alone() -> None:
    found = wifi()
    assert (found.has_radius, found.listens, found.access_points) == (True, ("127.0.0.1",), ())
    assert [person.login for person in found.people] == ["ana"]
    assert [(item.vlan, item.bridge) for item in found.people_segments] == [
        (20, "br-agents"),
        (50, "br-school"),
    ]


def test_with_access_points_it_answers_them_too() -> None:
    found = wifi(access_points={"hall": {"mac": "dc:2c:6e:10:41:01"}})
    assert found.listens == (found.address, "127.0.0.1")


def test_without_a_network_of_people_there_is_no_radius_server() -> None:
    found = wifi(networks={"agents": {"on": False}})
    assert (found.has_radius, found.listens, found.people) == (False, (), ())
    assert set(networks(found.radios[0])) == {"school", "public"}


def test_a_network_whose_segment_is_not_here_is_not_on_the_air() -> None:
    found = wifi(segments=["admin", "servers", "public"])
    assert [set(networks(radio)) for radio in found.radios] == [{"public"}, {"public"}]


def test_the_site_names_its_networks() -> None:
    found = wifi(networks={"agents": {"ssid": "Mairie d'{commune}"}})
    assert networks(found.radios[0])["agents"].ssid == "Mairie d'Essai"


def test_visitors_are_isolated_and_have_two_names() -> None:
    found = networks(wifi().radios[0])
    assert {name for name, network in found.items() if network.isolated} == {"public"}
    public = found["public"]
    assert (public.interface, public.owe_interface) == ("wlan0-2", "wlan0-3")
    assert public.owe_ssid.startswith("owe-")
    assert len(public.owe_ssid.encode()) <= 32


def test_nothing_old_on_6_ghz() -> None:
    (radio,) = wifi(insee="05046", radios={"wlan0": {"band": 6}}, equipment={"m": METER}).radios
    found = networks(radio)
    assert set(found) == {"agents", "school", "public"}
    assert not any(network.transition for network in radio.networks)
    assert (found["public"].interface, found["public"].owe_interface) == ("wlan0-2", "")


def test_addresses_are_stable_local_and_of_one_block() -> None:
    every = [
        address
        for radio in wifi(equipment={"m": METER}).radios
        for network in radio.networks
        for address in (network.bssid, network.owe_bssid)
        if address
    ]
    assert len(set(every)) == len(every) == 10
    assert all(int(address[:2], 16) & 0b11 == 0b10 for address in every)
    assert len({address[:-1] for address in every}) == 2
    assert every[0].endswith("0")
    assert every == [
        address
        for radio in wifi(equipment={"m": METER}).radios
        for network in radio.networks
        for address in (network.bssid, network.owe_bssid)
        if address
    ]


@pytest.mark.parametrize(
    ("insee", "country", "power"),
    [("98741", "PF", 20), ("98818", "FR", 20), ("05046", "FR", 23), ("2A004", "FR", 23)],
)
def test_the_country_follows_from_the_commune(insee: str, country: str, power: int) -> None:
    (radio,) = wifi(insee=insee, radios={"wlan0": {"band": 5}}).radios
    assert (radio.country, radio.power) == (country, power)
    assert (radio.channel, radio.channels, radio.centre) == (0, (36, 40, 44, 48), 0)


@pytest.mark.parametrize(
    ("channel", "width", "parts", "centre"),
    [
        (36, 20, (36,), 0),
        (36, 40, (36, 40), 38),
        (40, 40, (36, 40), 38),
        (44, 40, (44, 48), 46),
        (48, 80, (36, 40, 44, 48), 42),
        (64, 160, (36, 40, 44, 48, 52, 56, 60, 64), 50),
        (104, 80, (100, 104, 108, 112), 106),
        (136, 40, (132, 136), 134),
        (128, 160, (100, 104, 108, 112, 116, 120, 124, 128), 114),
        (153, 40, (149, 153), 151),
    ],
)
def test_wide_channels(channel: int, width: int, parts: tuple[int, ...], centre: int) -> None:
    """As in IEEE 802.11-2020, annex E, table E-4."""
    assert channels.parts("5", channel, width) == parts
    assert channels.centre("5", channel, width) == centre


@pytest.mark.parametrize(("channel", "width", "centre"), [(1, 80, 7), (37, 160, 47), (93, 40, 91)])
def test_wide_channels_of_6_ghz(channel: int, width: int, centre: int) -> None:
    assert channels.centre("6", channel, width) == centre


def test_what_the_reference_says_of_countries() -> None:
    for code in ("FR", "PF", "NC"):
        spectrum = REFERENCE.spectrum[code]
        assert spectrum.checked is None, "who has read the rules writes the day in the reference"
        assert tuple(channels.allowed(spectrum, "2.4")) == tuple(range(1, 14))
        known = channels.allowed(spectrum, "5")
        assert [channel for channel, span in known.items() if not span.radar] == [36, 40, 44, 48]
        assert max(known) == 140
    assert "6" not in REFERENCE.spectrum["PF"].bands
    assert channels.choices(REFERENCE.spectrum["FR"], "6", 80) == (5, 21, 37, 53, 69, 85)


def test_which_interfaces_belong_to_a_bridge() -> None:
    found = wifi(radios={"wlan0": {"band": 5}})
    assert found.ports_of("br-agents") == {"wlan0", "wlan0.20"}
    assert found.ports_of("br-school") == {"wlan0-1", "wlan0.50"}
    assert found.ports_of("br-public") == {"wlan0-2", "wlan0-3"}
    assert found.ports_of("br-voice") == set()
