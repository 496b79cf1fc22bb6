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


def write(folder: Path) -> None:
    (folder / "calls-2026-11-21.csv").write_text(
        '"2026-11-21 09:00:00","2026-11-21 09:01:00","101","40930000","15","emergency",'
        '"ANSWERED","60","emergency","1.1"\n'
    )
    (folder / "calls.csv").write_text(
        '"2026-11-22 08:00:00","2026-11-22 08:03:00","","87112233","101","reception",'
        '"ANSWERED","125","","1.2"\n'
        '"2026-11-22 07:59:00","2026-11-22 08:05:00","102","40930000","89880000","s",'
        '"FAILED","0","refused-premium","1.3"\n'
        '"2026-11-22 08:06:00","2026-11'
    )


def test_the_last_ones_go_back_over_days(tmp_path: Path) -> None:
    write(tmp_path)
    assert words.before(records.last(tmp_path, 20), NAMES) == [
        "2026-11-22 08:00\t87112233\t101 Accueil\t2:05\trépondu",
        "2026-11-22 07:59\t102 État civil\t89880000\t-\téchec\trefusé (premium)",
        "2026-11-21 09:00\t101 Accueil\t15 SAMU\t1:00\trépondu\tURGENCE",
    ]
    assert [record.phone for record in records.last(tmp_path, 1)] == [""]


def test_nobody_called(tmp_path: Path) -> None:
    assert words.before(records.last(tmp_path, 20), NAMES) == ["aucun appel n'est noté"]
