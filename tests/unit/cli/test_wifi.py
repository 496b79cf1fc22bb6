"""``mairie wifi show``, and what rotates the keys of networks and devices."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mairie.cli.secrets import command as secrets
from mairie.cli.show import command as show_plan
from mairie.cli.wifi import command
from mairie.errors import MairieError
from tests.lab import ap_site, rapa

DEMO = Path(__file__).parents[3] / "inventories" / "demo"
BOX = "rapa-mairie-box"
PORTS = "ports: {admin: eth1, servers: eth2, agents: eth3, voice: eth4, public: eth5}"
SEGMENTS = "[admin, servers, agents, voice, public]"
MORE = (
    "        radios: {wlan0: {band: 5, channel: 36}}\n"
    "    equipment: {meter: {segment: things, mac: '02:00:00:00:05:00', wifi: true}}\n"
)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the demo, and give Rapa a radio."""
    for name in ("MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    copy = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    path = copy / "communes" / "rapa.yaml"
    text = path.read_text().replace(f"        {PORTS}\n", f"        trunk: eth1\n{MORE}")
    path.write_text(text.replace(SEGMENTS, SEGMENTS.replace("public", "public, school, things")))
    return copy


def run(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "-i", str(demo)])


def manage(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(secrets, [*arguments, "-i", str(demo)])


def message(result: Result) -> str:
    assert isinstance(result.exception, MairieError), result.output
    return str(result.exception)


def shown(demo: Path) -> list[tuple[str, str]]:
    result = run(demo, "show", BOX, "--yes")
    assert result.exit_code == 0, result.output
    return [(line[:14].strip(), line[15:]) for line in result.stdout.splitlines() if line]


def test_everything_is_made_shown_and_rotated(demo: Path) -> None:
    assert message(run(demo, "show", BOX, "--yes")).endswith(
        "secrets/rapa.age holds no secret of access point own_radios at rapa-mairie-box; make it "
        'with "mairie secrets generate"'
    )
    made = manage(demo, "generate").output
    assert "made    rapa: passphrase of network school\n" in made
    assert f"made    {BOX}: key of device meter\n" in made
    first = shown(demo)
    names = [value for key, value in first if key == "network"]
    assert names == ["Rapa Mairie", "Rapa École", "Rapa Public", "Rapa Objets"]
    passphrase = dict(first)["passphrase"]
    assert 8 <= len(passphrase) <= 63
    assert dict(first)["device"].startswith("meter, 02:00:00:00:05:00, key ")

    said = manage(demo, "rotate", "rapa", "--network", "school").output
    assert said == (
        "school has a new passphrase; print it for its people: mairie wifi show HOST\n"
        "Deploy: mairie deploy rapa\n"
    )
    second = shown(demo)
    assert dict(second)["passphrase"] != passphrase
    assert dict(second)["device"] == dict(first)["device"]
    said = manage(demo, "rotate", BOX, "--device", "meter").output
    assert said == (
        f"meter has a new key; write it into the device: mairie wifi show {BOX}\n"
        f"Deploy: mairie deploy {BOX}\n"
    )
    third = shown(demo)
    assert dict(third)["device"] != dict(first)["device"]
    assert dict(third)["passphrase"] == dict(second)["passphrase"]
    said = manage(demo, "rotate", BOX, "--lessons").output
    assert said == (
        f"the teachers of {BOX} have a new code: mairie wifi show {BOX}\n"
        f"Deploy: mairie deploy {BOX}\n"
    )
    fourth = shown(demo)
    assert len(dict(fourth)["lesson code"]) == 9
    assert dict(fourth)["lesson code"] != dict(third)["lesson code"]


def test_secrets_go_to_a_terminal(demo: Path) -> None:
    manage(demo, "generate")
    assert message(run(demo, "show", BOX)).startswith("secrets are only printed to a terminal")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("rotate", "rapa", "--network", "scool"),
            'demo has no network of rapa with a passphrase named "scool"; did you mean "school"?',
        ),
        (
            ("rotate", BOX, "--device", "printer"),
            f'demo has no device at {BOX} with a key of its own named "printer"; there are: meter',
        ),
        (
            ("rotate", "rurutu", "--network", "school"),
            "no gateway of rurutu has radios, so it has no networks",
        ),
        (
            ("rotate", "rapa", "--network", "school", "--server"),
            "only one thing is rotated at a time; leave one option",
        ),
    ],
)
def test_what_there_is_not(demo: Path, arguments: tuple[str, ...], expected: str) -> None:
    manage(demo, "generate")
    assert message(manage(demo, *arguments)) == expected


def test_a_host_without_radios(demo: Path) -> None:
    manage(demo, "generate")
    expected = "no gateway of rurutu has radios, so it has no networks"
    assert message(run(demo, "show", "rurutu-mairie-srv", "--yes")) == expected


def test_the_plan_says_what_is_on_the_air(demo: Path) -> None:
    manage(demo, "generate")
    shown = CliRunner().invoke(show_plan, [BOX, "-i", str(demo)], terminal_width=300).output
    text = " ".join(shown.split())
    assert "wlan0 on 5 GHz, channel 36, 80 MHz, 20 dBm at most: Rapa Mairie, Rapa École" in text
    assert "asked for by ap-hall, its own radios" in text
    assert "60 minutes, 180 at most; http://10.41." in text
    assert "school: 20 domains refused" in text


def test_what_left_is_forgotten(demo: Path) -> None:
    manage(demo, "generate")
    path = demo / "communes" / "rapa.yaml"
    path.write_text(path.read_text().replace(MORE, ""))
    said = manage(demo, "generate").output
    assert "forgot  rapa: passphrase of network school\n" in said
    assert f"forgot  {BOX}: key of device meter\n" in said
    assert "networks" not in (demo / "secrets" / "wifi.yaml").read_text()


def test_an_access_point_that_is_a_host(tmp_path: Path) -> None:
    town = ap_site.inventory(tmp_path)
    done = manage(town, "rotate", rapa.BOX, "--access-point", "cour")
    assert done.output.splitlines() == [
        "cour has a new secret, and the radios of its site another key",
        "Deploy: mairie deploy rapa-mairie",
    ]
