"""The telephone sheet, read from the pixels' text; its keys are those of the dial plan."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from mairie.cli.sheet import command
from mairie.errors import MairieError
from mairie.files.phones import VOICEMAIL
from mairie.inventory.load import load
from mairie.plan.host import HostPlan
from mairie.plan.parts.voip import EmergencyNumber, Extension, RingGroup, VoipPlan
from mairie.plan.resolve import resolve_host
from mairie.render import render_public
from mairie.sheets import phones as sheet
from tests.lab.voip_inventory import write

HOST = "rurutu-mairie-srv"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("phones") / "demo")


@pytest.fixture(scope="module")
def plan(demo: Path) -> HostPlan:
    return resolve_host(load(demo), HOST)


def voip_of(plan: HostPlan) -> VoipPlan:
    assert plan.voip is not None
    return plan.voip


def run(demo: Path, commune: str, output: Path) -> Result:
    return CliRunner().invoke(command, ["phones", commune, "-o", str(output), "-i", str(demo)])


def words(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_the_sheet_has_every_number(demo: Path, tmp_path: Path, plan: HostPlan) -> None:
    path = tmp_path / "phones.pdf"
    result = run(demo, "rurutu", path)
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = " ".join(words(path).split())
    voip = voip_of(plan)
    listed: tuple[Extension | RingGroup | EmergencyNumber, ...] = (
        *voip.extensions,
        *voip.groups,
        *voip.emergency,
    )
    for each in listed:
        assert f"{each.number} {each.label}" in found
    assert "100 Accueil du public" in found
    assert "*041 Rapa" in found
    assert "passent par la ligne de la commune" in found
    assert "École d'Avera : ces postes passent eux-mêmes par la liaison" in found
    assert "Mairie de Moerai : ces postes" not in found
    again = tmp_path / "again.pdf"
    run(demo, "rurutu", again)
    assert again.read_bytes() == path.read_bytes()


def test_without_a_line_of_its_own_the_sheet_says_that_nothing_gets_out(plan: HostPlan) -> None:
    far = replace(voip_of(plan), trunks=(), neighbours=())
    page = sheet.telephone_page(plan, far)
    said = " ".join(word for section in page.sections for word in section.words)
    assert "Aucun appel ne sort, urgences comprises" in said
    assert "communes" not in said


def test_with_one_uplink_the_sheet_says_when_nothing_gets_out(demo: Path) -> None:
    far = resolve_host(load(demo), "rapa-mairie-box")
    page = sheet.telephone_page(far, voip_of(far))
    said = " ".join(word for section in page.sections for word in section.words)
    assert "passent par la seule liaison internet de la mairie. Si c'est elle qui" in said
    assert "aucun appel ne sort, urgences comprises : prendre un téléphone mobile" in said
    assert "tant que celle-ci fonctionne" not in said


def test_keys_are_those_of_the_dial_plan(plan: HostPlan) -> None:
    texts = {file.path.rpartition("/")[2]: file.text for file in render_public(plan, "voip")}
    dialled, features = texts["extensions.conf"], texts["features.conf"]
    assert f"exten => {sheet.PICKUP},1,Pickup" in dialled
    assert f"exten => _{sheet.PICKUP_ONE}X.,1,PickupChan" in dialled
    assert f"exten => {sheet.PARK},1,Park" in dialled
    assert f"exten => {VOICEMAIL},1,VoiceMailMain" in dialled
    assert f"blindxfer = {sheet.BLIND_TRANSFER}\n" in features
    assert f"atxfer = {sheet.ASKED_TRANSFER}\n" in features


def test_a_commune_without_telephones_is_a_sentence(tmp_path: Path, demo: Path) -> None:
    path = demo / "communes" / "rapa.yaml"
    text = path.read_text()
    path.write_text(text.partition("phones:")[0])
    try:
        result = run(demo, "rapa", tmp_path / "phones.pdf")
    finally:
        path.write_text(text)
    assert isinstance(result.exception, MairieError)
    assert "rapa has no telephone system" in str(result.exception)
