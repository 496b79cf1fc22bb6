"""What brick mail renders for a commune whose messages and faxes are sent, and voip with it."""

import json
import re
from collections.abc import Callable
from inspect import getsource

import pytest
import yaml

from mairie import attempts
from mairie.files import mail as table
from mairie.files.voip import CANDIDATE, HAND_OVER, OF_FAXES
from mairie.model.mail import Mail
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile
from tests.lab import mail_inventory
from tests.lab.mail_inventory import MAIL
from tests.lab.voip_inventory import RAPA, RURUTU
from tests.render.conftest import demo_plans

Files = dict[str, RenderedFile]
Rendered = Callable[[str, str], Files]
SERVER, BOX = "rurutu-mairie-srv", "rapa-mairie-box"
VOICEMAIL = f"{CANDIDATE}/voicemail.conf"


def with_mail(text: str) -> str:
    """Give the communes of the demo their telephones, and Rurutu its mail."""
    if "name: Rurutu" not in text:
        return text + RAPA
    return mail_inventory.with_mail(text + RURUTU)


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with mail once."""
    mail = Mail.model_validate(yaml.safe_load(MAIL)["mail"])
    return demo_plans(with_mail, mail=mail)


def test_whole_output(compare: Callable[..., None]) -> None:
    compare("mail", SERVER)


@pytest.mark.parametrize("host", [BOX, "hub", "rurutu-mairie-gw"])
def test_a_host_that_sends_nothing_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("mail", host) == {}


def test_the_password_is_in_one_file_of_roots(rendered: Rendered) -> None:
    files = rendered("mail", SERVER)
    secret = [file for file in files.values() if file.secret]
    assert [(file.path, file.mode, file.owner) for file in secret] == [
        (table.PASSWORD, "600", "root")
    ]
    assert secret[0].text.splitlines()[1].startswith("[smtp.demo.example]:587 rurutu:")


def test_only_messages_with_an_address_are_sent(rendered: Rendered) -> None:
    text = rendered("voip", SERVER)[VOICEMAIL].text
    assert f"mailcmd = {HAND_OVER}" in text
    boxes = dict(re.findall(r"^(\d+) => \d+,(.*),,tz=commune$", text, re.MULTILINE))
    assert boxes == {"101": "Accueil,accueil@rurutu.example", "102": "Secrétariat,"}
    assert "mailcmd" not in rendered("voip", BOX)[VOICEMAIL].text


def test_faxes_come_with_what_they_need(rendered: Rendered) -> None:
    files = rendered("voip", SERVER)
    loaded = files[f"{CANDIDATE}/modules.conf"].text
    assert all(f"load = {name}.so\n" in loaded for name in OF_FAXES)
    assert "t38_udptl = yes" in files[f"{CANDIDATE}/pjsip.conf"].text
    rules = files[f"{CANDIDATE}/extensions.conf"].text
    assert "exten => 68940930150,1,Gosub(called-back" in rules
    assert " same => n,Goto(fax,mairie,1)\n" in rules
    assert f"{CANDIDATE}/res_fax.conf" in files
    without = rendered("voip", BOX)
    assert f"{CANDIDATE}/res_fax.conf" not in without
    assert not any(name in without[f"{CANDIDATE}/modules.conf"].text for name in OF_FAXES)


def test_attacks_are_counted_by_the_code_of_the_controls(
    rendered: Rendered, demo: dict[str, HostPlan]
) -> None:
    files = rendered("mail", SERVER)
    assert files[table.TRIED].text == getsource(attempts)
    told = json.loads(files[table.ALERTS_SETTINGS].text)
    voip = demo[SERVER].voip
    assert voip is not None
    assert (told["alert"], told["burst"]) == (voip.guard.alert, voip.guard.source_burst)
