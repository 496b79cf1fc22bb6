"""``mairie show`` and ``mairie check`` where communes have telephones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mairie.inventory import load
from mairie.inventory.notices import notices
from mairie.secrets.identity import find_identity
from mairie.secrets.signing import Signing
from mairie.secrets.telephony import Lines
from mairie.secrets.vault import Vault
from tests.lab.voip_inventory import write
from tests.unit.cli.demo import mairie

TO_CHECK = (
    "to be checked: who answers 112, 15, 16, 17, 18 (Polynésie française) in rapa, rurutu; "
    "ask, then write the day into checked: in telephony.territories"
)
ONE_WAY = (
    "one way out: calls of rapa leave by one uplink (satellite); while it is down no emergency "
    "call gets out; add a second one, such as 4G, and keep a charged mobile telephone beside the "
    "phones"
)
BEHIND = (
    "behind the hub: direction (rurutu), telephones that reach their host through it; while the "
    "link is cut they call nobody, emergencies included; keep a charged mobile telephone beside "
    "them"
)
PRICES = (
    "to be checked: what calls outside cost at most (Polynésie française) in rapa, rurutu; compare "
    "with a contract, then write the day into checked: in telephony.territories.<territory>.outside"
)
RECORDS = (
    "to be checked: how long call records are kept, 180 days (CNIL, norme simplifiée n° 47 "
    "(autocommutateurs) : un an au plus ; sans valeur juridique depuis le RGPD, gardée comme "
    "repère ; 180 jours : choix de cette référence), in rapa, rurutu; read the rules in force, "
    "then write the day into checked: in telephony.records"
)


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "220")
    return write(tmp_path / "demo")


def fact(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("telephony ")]
    return line.split(maxsplit=1)[1].rstrip()


def test_show_says_what_a_system_has(inventory: Path) -> None:
    shown = mairie("show", "rurutu-mairie-srv", "-i", inventory).stdout
    assert fact(shown) == "5 phones, short code *044, outside calls up to 2000 XPF a day"
    cells = [line.split() for line in shown.splitlines()]
    (school,) = [line for line in cells if line[:2] == ["120", "direction"]]
    assert school[-3:] == ["national", "+68940930120", "+68940930120"]
    assert "mon tue wed thu 07:30 to 12:00" in shown
    assert "sip.operateur.demo.example:5061 tls, SRTP" in shown
    assert ["2026-11-20", "Matāri'i"] in cells
    assert ["*041…", "Rapa"] in cells
    (samu,) = [line for line in cells if line[:2] == ["15", "SAMU"]]
    assert samu[-3:] == ["to", "be", "checked"]
    (blocked,) = [line for line in cells if line[:1] == ["8799XXXX"]]
    assert blocked == ["8799XXXX", "blocked-1", "nobody"]


def test_show_says_whom_the_hub_connects(inventory: Path) -> None:
    shown = mairie("show", "hub", "-i", inventory).stdout
    assert fact(shown) == "connects Rapa *041, Rurutu *044"
    gateway = mairie("show", "rurutu-mairie-gw", "-i", inventory).stdout
    assert not [line for line in gateway.splitlines() if line.startswith("telephony ")]


def test_emergency_numbers_that_nobody_checked_are_said(inventory: Path) -> None:
    assert list(notices(load(inventory), date(2026, 1, 1))) == [
        TO_CHECK,
        ONE_WAY,
        BEHIND,
        PRICES,
        RECORDS,
    ]
    path = inventory / "communes" / "rapa.yaml"
    own = '  emergency: {"18": {label: Pompiers, source: Mairie, checked: 2026-03-02}}\n'
    path.write_text(f"{path.read_text()}{own}")
    assert list(notices(load(inventory), date(2026, 1, 1))) == [
        TO_CHECK.replace(", 18", "").replace(" in rapa, rurutu", " in rapa"),
        TO_CHECK.replace(" in rapa, rurutu", " in rurutu"),
        ONE_WAY,
        BEHIND,
        PRICES,
        RECORDS,
    ]


def test_another_way_out_is_an_uplink_or_a_box_on_the_premises(inventory: Path) -> None:
    path = inventory / "communes" / "rapa.yaml"
    text = path.read_text()
    second = "  - {kind: 4g, down: 10M, up: 2M}\nsites:"
    two = text.replace("sites:", second, 1).replace("wan: eth0", "wan: {satellite: eth0, 4g: eth6}")
    path.write_text(two)
    assert ONE_WAY not in list(notices(load(inventory), date(2026, 1, 1)))
    of_their_own = text.replace("host: sip.operateur.demo.example", "host: 10.41.195.9")
    path.write_text(
        of_their_own.replace("kind: register", "kind: ip").replace("username: rapa", "")
    )
    assert ONE_WAY not in list(notices(load(inventory), date(2026, 1, 1)))


def test_prices_and_times_that_somebody_checked_are_not_said(inventory: Path) -> None:
    path = inventory / "communes" / "rapa.yaml"
    prices = "territories: {polynesie: {outside: {checked: 2026-03-02}}}"
    path.write_text(f"{path.read_text()}overrides:\n  telephony:\n    {prices}\n")
    assert list(notices(load(inventory), date(2026, 1, 1))) == [
        TO_CHECK,
        ONE_WAY,
        BEHIND,
        PRICES.replace(" in rapa, rurutu", " in rurutu"),
        RECORDS,
    ]
    records = "records: {checked: 2026-03-02}"
    path = inventory / "syndicate.yaml"
    path.write_text(f"{path.read_text()}overrides: {{telephony: {{{records}, {prices}}}}}\n")
    assert list(notices(load(inventory), date(2026, 1, 1))) == [TO_CHECK, ONE_WAY, BEHIND]


@pytest.mark.parametrize(
    ("today", "said"),
    [(date(2028, 7, 4), False), (date(2028, 7, 5), True), (date(2029, 1, 1), True)],
)
def test_holidays_that_end_soon_are_said(inventory: Path, today: date, *, said: bool) -> None:
    sentence = (
        "ends soon: public holidays are known until 2028-12-31 in rapa, rurutu; add years to "
        "telephony.holiday_years and deploy"
    )
    assert list(notices(load(inventory), today)) == [
        TO_CHECK,
        ONE_WAY,
        BEHIND,
        PRICES,
        RECORDS,
        *([sentence] if said else []),
    ]


def test_check_prints_them(inventory: Path) -> None:
    vault, identity = Vault(inventory, load(inventory)), find_identity(inventory, demo=True)
    Lines(vault).generate(lambda: identity)
    Signing(vault).generate(lambda: identity)
    for commune in ("rapa", "rurutu"):
        Lines(vault).put(commune, "trunk-local", "s3cret", identity)
    Signing(vault).generate(lambda: identity)
    outcome = mairie("check", inventory)
    assert (outcome.code, outcome.stderr) == (0, "")
    first, *others = outcome.stdout.splitlines()
    assert first == "2 communes, 5 hosts, no error"
    assert others[:5] == [TO_CHECK, ONE_WAY, BEHIND, PRICES, RECORDS]
