"""What hosts that have packages of the hub get for it, and that no other gets any of it."""

import re
from collections.abc import Iterator

import pytest

from mairie.files import base, hub
from mairie.plan.host import HostPlan
from mairie.render import render
from tests.lab.voip_inventory import RAPA, RURUTU
from tests.render.conftest import demo_plans, secrets_of

CERTIFICATE = """\
-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: Essai

xjMEawOCLhYJKwYBBAHaRw8BAQdA
=zuth
-----END PGP PUBLIC KEY BLOCK-----
"""
SOURCE = (base.PINS, base.SOURCE)
SITE = (hub.CHECK_SITE, hub.SITE)
SERVER, BOX, GATEWAY = "rurutu-mairie-srv", "rapa-mairie-box", "rurutu-mairie-gw"


def with_telephones(text: str) -> str:
    """Give the communes of the demo their telephones."""
    return text.partition("phones:")[0] + (RURUTU if "name: Rurutu" in text else RAPA)


@pytest.fixture(scope="session")
def plans() -> dict[str, HostPlan]:
    return demo_plans(with_telephones, CERTIFICATE)


def test_files_of_the_hub(plans: dict[str, HostPlan]) -> None:
    texts = {
        file.path: file.text
        for brick in ("base", "hub")
        for file in render(plans["hub"], secrets_of(plans["hub"]), brick)
    }
    assert texts[base.SOURCE].splitlines()[2:] == [
        "Types: deb",
        "URIs: http://10.0.31.1:8001/",
        "Suites: ./",
        "Signed-By:",
        " -----BEGIN PGP PUBLIC KEY BLOCK-----",
        " Comment: Essai",
        " .",
        " xjMEawOCLhYJKwYBBAHaRw8BAQdA",
        " =zuth",
        " -----END PGP PUBLIC KEY BLOCK-----",
    ]
    pins = re.findall(r"Package: (.*)\nPin: (.*)\nPin-Priority: (.*)\n", texts[base.PINS])
    assert pins == [("asterisk", "release o=mairie", "500"), ("*", "release o=mairie", "-1")]
    assert '    "origin=mairie,label=mairie";\n' in texts[base.UPGRADES]
    assert "    listen 10.0.31.1:8001;\n" in texts[hub.SITE]
    assert f"    root {hub.CURRENT};\n" in texts[hub.SITE]


def names(plan: HostPlan) -> Iterator[str]:
    for brick in ("base", "hub"):
        if brick in plan.bricks:
            yield from (file.path for file in render(plan, secrets_of(plan), brick))


def test_who_has_them(plans: dict[str, HostPlan]) -> None:
    having = {name: {*SOURCE, *SITE} & set(names(plan)) for name, plan in plans.items()}
    assert {name: found for name, found in having.items() if found} == {
        "hub": {*SOURCE, *SITE},
        SERVER: set(SOURCE),
        BOX: set(SOURCE),
    }


def test_without_a_key_nobody_has_any() -> None:
    plans = demo_plans(with_telephones)
    assert not any({*SOURCE, *SITE} & set(names(plan)) for plan in plans.values())
    assert {plan.packages for plan in plans.values()} == {None}


def test_telephone_hosts_alone_may_fetch_them(plans: dict[str, HostPlan]) -> None:
    rules = {
        name: [rule for rule in plan.network.firewall.rules if rule.flow == "packages-hub"]
        for name, plan in plans.items()
        if plan.network.firewall is not None
    }
    (at_hub,) = rules.pop("hub")
    assert [(each.protocol, each.first, each.last) for each in at_hub.ports] == [
        ("tcp", 8001, 8001)
    ]
    box = plans[BOX].vpn
    assert box is not None
    assert f"{box.ipv4.partition('/')[0]}/32" in at_hub.source.ipv4
    assert {name for name, found in rules.items() if found} == {GATEWAY}
