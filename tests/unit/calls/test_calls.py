"""Calls as Asterisk tells of them, and as a person reads them."""

from __future__ import annotations

from pathlib import Path

from mairie_calls import live, records, words

NAMES = {"101": "Accueil", "102": "État civil", "trunk-fibre": "Opérateur", "15": "SAMU"}
TALKING = [
    "PJSIP/trunk-fibre-00000005!outside!!1!Up!AppDial!(Outgoing Line)!40930000!!!3!63!b-1!1.5",
    "PJSIP/101-00000004!phone-national!40930000!1!Up!Dial!PJSIP/trunk-fibre!40930000!101!!3!65!b-1!1.4",
]
"""Asterisk lists the newest first."""
RINGING = "PJSIP/102-00000007!phone-inside!101!1!Ringing!AppDial!(Outgoing)!103!!!3!4!!1.7"
ODD = "PJSIP/102-00000008!x!*97!3!Up!Playback!a!b!c!103!102!!3!9!!1.8"
"""An application whose data holds the mark."""


def test_two_sides_are_one_call() -> None:
    (call,) = live.calls(TALKING)
    assert (call.ends, call.answered, call.seconds) == (("101", "trunk-fibre"), True, 65)
    assert words.now([call], NAMES) == ["1:05\t101 Accueil — trunk-fibre Opérateur"]


def test_the_longest_comes_first_and_what_rings_says_so() -> None:
    assert words.now(live.calls([RINGING, *TALKING, "2 active channels", ""]), NAMES) == [
        "1:05\t101 Accueil — trunk-fibre Opérateur",
        "sonne\t102 État civil — 103",
    ]
    assert words.now([], NAMES) == ["personne n'est au téléphone"]


def test_data_of_an_application_moves_no_field() -> None:
    (call,) = live.calls([ODD])
    assert (call.numbers, call.seconds) == (("103",), 9)


OF_THE_LAB = Path(__file__).parent / "calls.csv"
"""As Asterisk wrote it there."""
OF_THE_DAY_BEFORE = (
    '"2026-11-22 09:00:00","2026-11-22 09:01:00","101","40930000","15","phone-national",'
    '"ANSWERED","60","emergency","x-1.1"\n'
    '"2026-11-22 09:30:00","2026-11-22 09:30:03","101","101","3666","phone-national",'
    '"ANSWERED","2","refused-services","x-1.2"\n'
)
"""As versions before this one wrote them."""


def write(folder: Path) -> None:
    (folder / "calls-2026-11-22.csv").write_text(OF_THE_DAY_BEFORE)
    # The power goes while the last one is written.
    (folder / "calls.csv").write_text(f'{OF_THE_LAB.read_text()}"2026-11-23 12:20:06","2026-11')


def test_the_last_ones_say_what_became_of_them_and_go_back_over_days(tmp_path: Path) -> None:
    write(tmp_path)
    assert words.before(records.last(tmp_path, 20), NAMES) == [
        "2026-11-23 12:19\t103\t15 SAMU\t-\téchec\tURGENCE",
        "2026-11-23 12:19\t103\t40123456\t-\téchec\tfixes",
        "2026-11-23 12:18\t103\t102 État civil\t-\tmessagerie",
        "2026-11-23 12:18\t103\t101 Accueil\t-\tmessagerie",
        "2026-11-23 12:18\t103\t201\t-\tsans réponse\tgroupe",
        "2026-11-23 12:18\t103\t*97\t0:03\trépondu",
        "2026-11-23 12:17\t103\t104\t-\tsans réponse",
        "2026-11-23 12:17\t103\t201\t0:04\trépondu\tgroupe",
        "2026-11-23 12:17\t103\t40123456\t0:02\trépondu\tfixes",
        "2026-11-23 12:17\t103\t87991234\t-\trefusé\tblocked-1",
        "2026-11-22 09:30\t101 Accueil\t3666\t-\trefusé\tservices",
        "2026-11-22 09:00\t101 Accueil\t15 SAMU\t1:00\trépondu\tURGENCE",
    ]
    assert [record.ending for record in records.last(tmp_path, 1)] == ["failed"]


def test_a_call_beyond_the_cap_says_so(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        '"2026-11-23 12:14:36","2026-11-23 12:14:41","103","103","40123456",'
        '"phone-international","ANSWERED","4","spent-fixes","x-1795436076.8","spent",""\n'
    )
    assert words.before(records.last(tmp_path, 20), NAMES) == [
        "2026-11-23 12:14\t103\t40123456\t-\tplafond du jour atteint\tfixes"
    ]


def test_nobody_called(tmp_path: Path) -> None:
    assert words.before(records.last(tmp_path, 20), NAMES) == ["aucun appel n'est noté"]
