"""What brick lessons renders for a gateway with radios."""

import json
from collections.abc import Callable

import pytest

from mairie.files.lessons import SETTINGS, UNIT
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile
from tests.render.conftest import demo_plans

Rendered = Callable[[str, str], dict[str, RenderedFile]]
GATEWAY = "rurutu-ecole-gw"
CABLES = "admin: eth3}}"
RADIOS = "{wlan0: {band: 2.4, channel: 6}}"
SCHOOL = "    label: École d'Avera\n"
LESSONS = (
    "    lessons: {minutes: 45, schedule: [{days: [mon, thu], start: '13:00', end: '14:30'}, "
    "{days: [tue], start: '08:00', end: '09:00'}]}\n"
)


def with_lessons(text: str) -> str:
    """Give the school of Rurutu a radio, and lessons."""
    text = text.replace(CABLES, f"{CABLES[:-1]}, radios: {RADIOS}}}")
    return text.replace(SCHOOL, SCHOOL + LESSONS)


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with a school that has a radio once."""
    return demo_plans(with_lessons)


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("lessons", GATEWAY)


@pytest.mark.parametrize("host", ["hub", "rurutu-mairie-gw", "rapa-mairie-box"])
def test_a_host_without_radios_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("lessons", host) == {}


def test_settings_are_those_of_the_plan(rendered: Rendered) -> None:
    found = json.loads(rendered("lessons", GATEWAY)[SETTINGS].text)
    assert (found["minutes"], found["longest"]) == (45, 180)
    assert [each["start"] for each in found["schedule"]] == ["08:00", "13:00"]
    assert found["radios"] == [
        {
            "name": "wlan0",
            "control": "/run/mairie-hostapd/wlan0/global",
            "networks": [{"interface": "wlan0", "file": "/etc/hostapd/mairie/wlan0.bss"}],
        }
    ]


def test_the_switch_has_no_right_of_the_kernel(rendered: Rendered) -> None:
    lines = rendered("lessons", GATEWAY)[UNIT].text.splitlines()
    assert "CapabilityBoundingSet=" in lines
    assert "RestrictAddressFamilies=AF_UNIX" in lines
