"""What brick phones renders for a commune with phones of each maker."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest

from mairie.files.phones import FILES, SETTINGS, UNIT
from mairie.inventory import load
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.resolve import resolve
from mairie.render import RenderedFile, render
from tests.lab.voip_inventory import write

SERVER, GATEWAY = "rurutu-mairie-srv", "rurutu-mairie-gw"
DNSMASQ = "/etc/dnsmasq.d/mairie.conf"
PASSWORD = "p&ss<word>-of-{}"
Files = dict[str, RenderedFile]
Rendered = Callable[[str, str], Files]


@cache
def plans() -> dict[str, HostPlan]:
    with TemporaryDirectory() as folder:
        return resolve(load(write(Path(folder) / "demo")))


@pytest.fixture
def rendered() -> Rendered:
    """Render with passwords that XML has to escape."""

    def run(brick: str, host: str) -> Files:
        voip = plans()[SERVER].voip
        assert voip is not None
        names = [f"sip-{each.name}" for each in voip.extensions]
        others = {name: PASSWORD.format(name) for name in names}
        others |= {
            f"phones:{each}": f"-- {each} --\n" for each in ("authority", "certificate", "key")
        }
        found = render(plans()[host], HostSecrets(others=others), brick)
        return {file.path: file for file in found}

    return run


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("phones", SERVER)


@pytest.mark.parametrize("host", ["hub", GATEWAY, "rurutu-ecole-gw"])
def test_other_hosts_get_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("phones", host) == {}


def test_passwords_are_in_the_file_of_their_phone_alone(rendered: Rendered) -> None:
    files = rendered("phones", SERVER)
    voip = plans()[SERVER].phones
    assert voip is not None
    for phone in voip.phones:
        password = PASSWORD.format(f"sip-{phone.name}")
        escaped = password.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        having = [file for file in files.values() if password in file.text or escaped in file.text]
        assert [file.path for file in having] == [f"{FILES}/{phone.file}"]
        assert [(file.mode, file.group, file.secret) for file in having] == [
            ("640", "mairie-phones", True)
        ]


def test_what_is_xml_is_xml(rendered: Rendered) -> None:
    files = rendered("phones", SERVER)
    found = {
        path.rpartition("/")[2]: ElementTree.fromstring(file.text.encode())  # noqa: S314 - our own
        for path, file in files.items()
        if path.endswith((".xml", ".htm"))
    }
    assert len(found) == 4
    directory = found["directory.xml"].findall("DirectoryEntry")
    assert ("Direction de l'école", "120") in [
        (each.findtext("Name"), each.findtext("Telephone")) for each in directory
    ]
    snom = found["snomD785-000413104413.htm"]
    assert snom.findtext("phone-settings/user_pass") == PASSWORD.format("sip-maire")
    assert snom.findtext("phone-settings/utc_offset") == "-36000"
    grandstream = found["cfg000b82104414.xml"]
    assert grandstream.findtext("config/P34") == PASSWORD.format("sip-direction")
    assert grandstream.findtext("config/P246") == "LOC10"
    assert [grandstream.findtext(f"config/P{number}") for number in (57, 58, 59)] == ["9", "8", "8"]


def test_a_yealink_has_one_value_for_each_key(rendered: Rendered) -> None:
    text = rendered("phones", SERVER)[f"{FILES}/001565104411.cfg"].text
    assert text.startswith("#!version:1.0.0.1\n")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    keys = [line.partition(" = ")[0] for line in lines]
    assert len(set(keys)) == len(keys)
    assert all(" = " in line and not line.endswith(" = ") for line in lines)


def test_settings_hold_no_password(rendered: Rendered) -> None:
    file = rendered("phones", SERVER)[SETTINGS]
    found = json.loads(file.text)
    assert [each["name"] for each in found["phones"]] == [
        "accueil",
        "direction",
        "maire",
        "secretariat",
    ]
    assert "p&ss" not in file.text


def test_the_service_may_bind_a_port_and_nothing_else(rendered: Rendered) -> None:
    lines = rendered("phones", SERVER)[UNIT].text.splitlines()
    assert "CapabilityBoundingSet=CAP_NET_BIND_SERVICE" in lines
    assert "User=mairie-phones" in lines
    assert "ProtectSystem=strict" in lines


def test_dhcp_tells_phones_where(rendered: Rendered) -> None:
    lines = rendered("network", GATEWAY)[DNSMASQ].text.splitlines()
    phones = plans()[SERVER].phones
    assert phones is not None
    assert f'dhcp-option=tag:voice,66,"{phones.url}"' in lines
    assert "dhcp-mac=set:phone-maire,00:04:13:10:44:13" in lines
    assert 'dhcp-option=tag:phone-maire,67,"snomD785-000413104413.htm"' in lines
