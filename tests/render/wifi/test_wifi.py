"""What brick wifi renders for the demo: one server, its people and its access points."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.files.wifi import CERTIFICATES, CLIENTS, CONFIGURATION, PASSWORDS, RADIUS, SEGMENTS
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Person, WifiPlan
from mairie.render import RenderedFile, render
from tests.render.conftest import secrets_of

Rendered = Callable[[str, str], dict[str, RenderedFile]]
BOX = "rapa-mairie-box"


def wifi_of(plan: HostPlan) -> WifiPlan:
    assert plan.wifi is not None
    return plan.wifi


def with_people(plan: HostPlan, *people: Person) -> dict[str, RenderedFile]:
    """Return the files of a plan with other people."""
    other = replace(plan, wifi=replace(wifi_of(plan), people=people))
    return {file.path: file for file in render(other, secrets_of(other), "wifi")}


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("wifi", BOX)


@pytest.mark.parametrize("host", ["hub", "rurutu-mairie-gw", "rurutu-mairie-srv"])
def test_a_host_without_access_points_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("wifi", host) == {}


def test_secrets_stand_in_files_only_the_server_may_read(demo: dict[str, HostPlan]) -> None:
    plan = demo[BOX]
    secrets = secrets_of(plan)
    values = [value for name, value in secrets.others.items() if name.startswith("wifi-")]
    assert len(values) == 6
    seen = set()
    for file in render(plan, secrets, "wifi"):
        held = {value for value in values if value in file.text}
        seen |= held
        assert bool(held) == file.secret, file.path
        if file.secret:
            assert (file.mode, file.owner, file.group) == ("640", "root", "freerad"), file.path
    assert seen == set(values)


def test_who_works_here_is_not_for_everybody_to_read(rendered: Rendered) -> None:
    for path, file in rendered("wifi", BOX).items():
        assert path.startswith(RADIUS) == (file.mode == "640"), path


def test_each_method_has_its_people(demo: dict[str, HostPlan]) -> None:
    def person(login: str, *, password: bool, certificate: bool) -> Person:
        return Person(
            login=login,
            name=login,
            segment="school",
            vlan=50,
            password=password,
            certificate=certificate,
        )

    files = with_people(
        demo[BOX],
        person("ana", password=True, certificate=False),
        person("bob", password=False, certificate=True),
        person("eva", password=True, certificate=True),
    )

    def logins(path: str) -> list[str]:
        return re.findall(r"^(\w+)", files[path].text, re.MULTILINE)

    assert logins(PASSWORDS) == ["ana", "eva"]
    assert logins(CERTIFICATES) == ["bob", "eva"]
    assert logins(SEGMENTS) == ["ana", "bob", "eva"]
    assert files[SEGMENTS].text.count('Tunnel-Private-Group-Id = "50"') == 3


def test_a_person_who_leaves_is_in_no_file(demo: dict[str, HostPlan]) -> None:
    files = with_people(demo[BOX])
    for person in wifi_of(demo[BOX]).people:
        assert all(person.login not in file.text for file in files.values())


def test_it_listens_to_its_access_points_alone(
    rendered: Rendered, demo: dict[str, HostPlan]
) -> None:
    wifi = wifi_of(demo[BOX])
    files = rendered("wifi", BOX)
    listens = re.findall(r"^\t\t(ipaddr|port) = (\S+)", files[CONFIGURATION].text, re.MULTILINE)
    assert listens == [("ipaddr", wifi.address), ("port", str(wifi.port))]
    clients = re.findall(r"^\tipaddr = (\S+)", files[CLIENTS].text, re.MULTILINE)
    assert clients == [point.address for point in wifi.access_points]
