"""What brick portal renders for the demo."""

import json
from collections.abc import Callable

import pytest

from mairie.files.portal import SETTINGS, UNIT
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile

Rendered = Callable[[str, str], dict[str, RenderedFile]]
BOX = "rapa-mairie-box"


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("portal", BOX)


@pytest.mark.parametrize("host", ["hub", "rurutu-ecole-gw", "rurutu-mairie-srv"])
def test_a_host_without_visitors_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("portal", host) == {}


def test_settings_are_those_of_the_plan(demo: dict[str, HostPlan], rendered: Rendered) -> None:
    portal = demo[BOX].portal
    assert portal is not None
    found = json.loads(rendered("portal", BOX)[SETTINGS].text)
    assert found["addresses"] == [portal.ipv4, portal.ipv6]
    assert (found["seconds"], found["data_bytes"]) == (4 * 3600, 10**9)
    assert [each["code"] for each in found["languages"]] == ["fr", "en"]


def test_nothing_is_secret(rendered: Rendered) -> None:
    assert not any(file.secret for file in rendered("portal", BOX).values())


def test_the_service_keeps_two_rights(rendered: Rendered) -> None:
    lines = rendered("portal", BOX)[UNIT].text.splitlines()
    assert "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE" in lines
    assert "User=mairie-portal" in lines
