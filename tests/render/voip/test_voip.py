"""What brick voip renders for two communes with telephones, and for the exchange on their hub."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.dialplan import national, spoken
from mairie.files.voip import (
    AUTHORITIES,
    CANDIDATE,
    CERTIFICATE,
    KEY,
    PUBLIC_AUTHORITIES,
    RESTART,
    live_of,
)
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.voip import Announcement, Trunk
from mairie.render import RenderedFile, render
from tests.lab.voip_inventory import RAPA, RURUTU
from tests.render.conftest import demo_plans

Rendered = Callable[[str, str], dict[str, RenderedFile]]
SERVER, HUB = "rurutu-mairie-srv", "hub"
DIAL_PLAN = f"{CANDIDATE}/extensions.conf"


def with_telephones(text: str) -> str:
    """Give the communes of the demo their telephones."""
    return text + (RURUTU if "name: Rurutu" in text else RAPA)


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo with telephones once."""
    return demo_plans(with_telephones)


@pytest.mark.parametrize("host", [SERVER, HUB])
def test_whole_output(compare: Callable[..., None], host: str) -> None:
    compare("voip", host)


def test_a_town_hall_without_a_reception_has_telephones() -> None:
    plan = demo_plans(with_telephones)[SERVER]
    assert plan.voip is not None
    alone = replace(plan, voip=replace(plan.voip, reception=None))
    others: dict[str, str] = defaultdict(lambda: "a-password")
    files = render(alone, HostSecrets(others=others), "voip")
    (found,) = (file.text for file in files if file.path == DIAL_PLAN)
    assert "Goto(reception,s,1)" not in found
    assert "[inside]" in found


@pytest.mark.parametrize("host", ["rurutu-mairie-gw", "rurutu-ecole-gw"])
def test_a_host_without_telephones_gets_nothing(rendered: Rendered, host: str) -> None:
    assert rendered("voip", host) == {}


def contexts(text: str) -> dict[str, list[str]]:
    """Return the lines of each context."""
    parts = re.split(r"^\[([^]]+)\].*\n", text, flags=re.MULTILINE)
    return {
        name: [line for line in body.splitlines() if line and not line.startswith(";")]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_emergencies_come_first(rendered: Rendered, demo: dict[str, HostPlan]) -> None:
    found = contexts(rendered("voip", SERVER)[DIAL_PLAN].text)
    phones = {name: lines for name, lines in found.items() if name.startswith("phone-")}
    assert set(phones) == {"phone-inside", "phone-national", "phone-international"}
    assert all(lines[0] == "include => urgences" for lines in phones.values())
    voip = demo[SERVER].voip
    assert voip is not None
    listed = [line.split()[2].split(",")[0] for line in found["urgences"] if "exten" in line]
    assert listed == [each.number for each in voip.emergency]


def test_phones_without_right_meet_refusals_only(rendered: Rendered) -> None:
    found = contexts(rendered("voip", SERVER)[DIAL_PLAN].text)
    included = [line.removeprefix("include => ") for line in found["phone-inside"]]
    assert not [name for name in included if name.startswith("out-")]
    assert [name for name in included if name.startswith("refused-")]


def test_passwords_are_in_files_of_their_own(rendered: Rendered) -> None:
    files = rendered("voip", SERVER)
    secret = {path for path, file in files.items() if file.secret}
    assert secret == {
        f"{CANDIDATE}/pjsip_secrets.conf",
        f"{CANDIDATE}/voicemail.conf",
        CERTIFICATE,
        KEY,
    }
    assert all((files[path].mode, files[path].group) == ("640", "asterisk") for path in secret)


def test_what_needs_a_restart_is_rendered(rendered: Rendered) -> None:
    files = rendered("voip", SERVER)
    assert {f"{CANDIDATE}/{name}" for name in RESTART} <= set(files)


def test_the_hub_has_no_way_out(rendered: Rendered) -> None:
    text = rendered("voip", HUB)[DIAL_PLAN].text
    assert set(re.findall(r"Dial\(PJSIP/[^@]*@([^,)]+)", text)) == {"rurutu", "rapa"}


@pytest.mark.parametrize(
    ("number", "code", "written"),
    [
        ("+68940930000", "689", "40930000"),
        ("+33142000000", "33", "0142000000"),
        ("+33142000000", "689", "0033142000000"),
    ],
)
def test_numbers_as_they_are_dialled(number: str, code: str, written: str) -> None:
    assert national(number, code) == written


def test_a_label_cannot_become_a_rule() -> None:
    assert spoken('École, "A";${SHELL(x)}\n') == "École A SHELL x"


def test_operators_are_believed_by_the_authorities_of_the_plan_alone() -> None:
    plan = demo_plans(with_telephones)[SERVER]
    own = plan.voip
    assert own is not None
    local, reserve = own.trunks

    def rendered_with(*trunks: Trunk) -> tuple[str, str]:
        voip = replace(plan, voip=replace(own, trunks=trunks))
        files = {
            file.path: file.text
            for file in render(voip, HostSecrets(others=defaultdict(lambda: "x")), "voip")
        }
        return files[f"{CANDIDATE}/pjsip_transports.conf"], files.get(AUTHORITIES, "")

    transports, authorities = rendered_with(replace(local, authority="A\n"), reserve)
    assert transports.count(f"ca_list_file = {AUTHORITIES}\n") == transports.count("= tls\n") > 0
    assert "ca_list_path" not in transports
    assert authorities.endswith("\nA\n")
    both = (replace(local, authority="A\n"), replace(local, name="other"))
    transports, authorities = rendered_with(*both)
    assert f"ca_list_path = {PUBLIC_AUTHORITIES}\n" in transports
    assert f"ca_list_file = {AUTHORITIES}\n" in transports
    transports, authorities = rendered_with(reserve)
    assert "ca_list" not in transports
    assert authorities == ""


def test_announcements_are_played_from_where_they_are_put() -> None:
    plan = demo_plans(with_telephones)[SERVER]
    voip = plan.voip
    assert voip is not None
    assert voip.reception is not None
    reception = voip.reception

    def dialled(announcement: str, closed: str) -> tuple[list[str], dict[str, str]]:
        names = [name for name in (announcement, closed) if name]
        changed = replace(
            voip,
            reception=replace(reception, announcement=announcement, closed_announcement=closed),
            announcements=tuple(Announcement(name=name, sound="1dXU\n") for name in names),
        )
        secrets = HostSecrets(others=defaultdict(lambda: "x"))
        rendered = render(replace(plan, voip=changed), secrets, "voip")
        files = {file.path: file.text for file in rendered}
        return contexts(files[DIAL_PLAN])["reception"], files

    both, files = dialled("accueil", "ferme")
    assert both[2] == " same => n,Playback(/etc/asterisk/accueil)"
    assert both[-3:] == [
        " same => n(closed),Playback(/etc/asterisk/ferme)",
        " same => n,VoiceMail(101@mairie,s)",
        " same => n,Hangup()",
    ]
    for name in ("accueil", "ferme"):
        path = f"{CANDIDATE}/{name}.alaw.b64"
        assert files[path] == "1dXU\n"
        assert live_of(path) == f"/etc/asterisk/{name}.alaw"
    one, files = dialled("accueil", "")
    assert one[-1] == " same => n(closed),Goto(leave-message,101,1)"
    assert f"{CANDIDATE}/ferme.alaw.b64" not in files
    none, _ = dialled("", "")
    assert not [line for line in none if "Playback" in line]
