"""What brick voip renders for two communes with telephones, and for the exchange on their hub."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mairie.files.voip import candidate_of
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile
from tests.lab.voip_inventory import RAPA, RURUTU
from tests.render.conftest import demo_plans, secrets_of

Files = dict[str, RenderedFile]
Rendered = Callable[[str, str], Files]
SERVER, BOX = "rurutu-mairie-srv", "rapa-mairie-box"
DIAL_PLAN = candidate_of("extensions.conf")


def with_telephones(text: str) -> str:
    """Give the communes of the demo their telephones."""
    return text + (RURUTU if "name: Rurutu" in text else RAPA)


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with telephones once."""
    return demo_plans(with_telephones)


@pytest.mark.parametrize("host", ["hub", SERVER])
def test_whole_output(host: str, compare: Callable[..., None]) -> None:
    compare("voip", host)


@pytest.mark.parametrize("host", ["rurutu-mairie-gw", "rurutu-ecole-gw"])
def test_a_host_without_a_telephone_system_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("voip", host) == {}


@pytest.mark.parametrize("host", [SERVER, BOX])
def test_every_phone_meets_emergencies_before_all_else(rendered: Rendered, host: str) -> None:
    dial_plan = rendered("voip", host)[DIAL_PLAN].text
    contexts = re.findall(r"^\[phone-\w+\]\n((?:include => .*\n)+)", dial_plan, re.MULTILINE)
    assert len(contexts) == 3
    for lines in contexts:
        assert lines.splitlines()[0] == "include => urgences"


@pytest.mark.parametrize("host", ["hub", SERVER, BOX])
def test_no_secret_stands_in_a_file_that_may_be_shown(
    demo: dict[str, HostPlan], rendered: Rendered, host: str
) -> None:
    kinds = ("sip-", "voicemail-", "trunk-")
    others = secrets_of(demo[host]).others
    secrets = [value for name, value in others.items() if name.startswith(kinds)]
    assert bool(secrets) == (host != "hub")
    for file in rendered("voip", host).values():
        assert file.secret or not any(secret in file.text for secret in secrets), file.path


def test_the_exchange_knows_communes_and_nothing_else(rendered: Rendered) -> None:
    dial_plan = rendered("voip", "hub")[DIAL_PLAN].text
    assert set(re.findall(r"Dial\(PJSIP/\S+@([\w-]+)", dial_plan)) == {"rapa", "rurutu"}
    assert "trunk" not in dial_plan
