"""The sheets that are put up: read as a phone reads them, from the pixels of the page."""

from __future__ import annotations

import stat
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result

from mairie.cli.sheet import command
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.plan.resolve import resolve_host
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault
from mairie.sheets.pdf import drawable, to_pdf
from tests.lab import ap_site, rapa
from tests.lab.radio_site import GATEWAY, inventory


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inventory(tmp_path_factory.mktemp("radios"))


def sheet(demo: Path, output: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["wifi", *arguments, "-o", str(output), "-i", str(demo)])


def pages(path: Path) -> list[tuple[str, list[str]]]:
    """Return the text of each page, and what its codes say."""
    document = pypdfium2.PdfDocument(path)
    return [
        (
            page.get_textpage().get_text_range(),
            [code.text for code in zxingcpp.read_barcodes(page.render(scale=2).to_pil())],
        )
        for page in document
    ]


def secret(demo: Path, name: str) -> str:
    identity = find_identity(demo, demo=True)
    return Vault(demo, load(demo)).host_secrets(GATEWAY, identity).others[name]


def test_each_network_has_a_page_that_a_phone_reads(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "wifi.pdf"
    result = sheet(demo, path, "rurutu")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    staff, classroom, visitors = pages(path)
    assert "Wi-Fi des agents" in staff[0]
    assert "radius.rurutu.demo.example" in staff[0]
    assert staff[1] == []
    passphrase = secret(demo, "wifi-network:school")
    assert passphrase in classroom[0]
    assert classroom[1] == [f"WIFI:T:WPA;S:Rurutu École;P:{passphrase};;"]
    assert "Visitors' Wi-Fi" in visitors[0]
    assert visitors[1] == ["WIFI:T:nopass;S:Rurutu Public;;"]


def test_names_of_the_site_are_on_every_page(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "wifi.pdf"
    sheet(demo, path, "rurutu")
    place = resolve_host(load(demo), GATEWAY).place
    assert all(f"{place.commune_label} · {place.site_label}" in text for text, _ in pages(path))


def test_keys_of_devices_are_on_a_sheet_of_their_own(demo: Path, tmp_path: Path) -> None:
    everybody, technician = tmp_path / "wifi.pdf", tmp_path / "devices.pdf"
    sheet(demo, everybody, "rurutu")
    assert sheet(demo, technician, "rurutu", "--devices").exit_code == 0
    key = secret(demo, "wifi-device:meter")
    ((text, codes),) = pages(technician)
    assert "Compteur · 02:00:00:00:05:00" in text
    assert key in text
    assert codes == []
    assert not any(key in text for text, _ in pages(everybody))


def test_the_same_content_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    sheet(demo, one, "rurutu")
    sheet(demo, other, "rurutu")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rapa",), "no network that people join is on the air in rapa: give a gateway its radios"),
        (("rapa", "--devices"), "no device with a key of its own is on the air in rapa"),
        (("rapas",), "no commune is named rapas; there are: "),
    ],
)
def test_what_cannot_be_written_is_said(
    demo: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "wifi.pdf"
    result = sheet(demo, path, *arguments)
    assert isinstance(result.exception, MairieError)
    assert message in str(result.exception)
    assert not path.exists()


def test_nothing_is_overwritten(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "wifi.pdf"
    path.write_text("mine")
    result = sheet(demo, path, "rurutu")
    assert "exists already; name a new file" in str(result.exception)
    assert path.read_text() == "mine"


def test_a_letter_that_the_font_lacks_loses_its_accent() -> None:
    to_pdf([], "")  # loads the fonts
    assert drawable("Mā’ohi œuvre 中") == "Ma’ohi œuvre ?"


def test_hosts_of_one_site_share_their_pages(tmp_path: Path) -> None:
    town = ap_site.inventory(tmp_path)
    for options, count in (((), 3), (("--devices",), 1)):
        output = tmp_path / f"{count}.pdf"
        done = sheet(town, output, rapa.COMMUNE, *options)
        assert done.exit_code == 0, done.output
        assert len(pages(output)) == count
