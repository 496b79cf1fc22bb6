"""What is read in the words of Asterisk about emergency calls."""

from __future__ import annotations

import pytest

from mairie.host.looks.asterisk import asked
from mairie.host.looks.emergencies import Way, ways
from mairie.host.probe import CannotLookError, Output, Probe

PHONE = """
 Endpoint:  101/101                                              Not in use    0 of inf
...
 set_var                            : EXT=101
 set_var                            : EMERGENCY_E164=+68940930000
 set_var                            : EMERGENCY_NATIONAL=40930000
"""
RULES = """[ Context 'emergency' created by 'pbx_config' ]
  's' =>            1. Set(CDR(userfield)=emergency)              [extensions.conf:31]
     [again]        7. Set(ROUND=$[${ROUND} + 1])                 [extensions.conf:37]
                    8. Gosub(emergency-exit,local,1(${ARG1}))     [extensions.conf:38]
                    9. Gosub(emergency-exit,secours,1(${ARG1}))   [extensions.conf:39]
"""
EXIT = """[ Context 'emergency-exit' created by 'pbx_config' ]
  '{0}' =>          1. Set(GROUP(emergency)={0})                  [extensions.conf:47]
                    3. Set(CALLERID(num)=${{{1}}})                [extensions.conf:49]
     [call]         6. Set(TRIES=$[${{TRIES}} + 1])               [extensions.conf:52]
                    7. Dial(PJSIP/${{ARG1}}@emergency-{2})        [extensions.conf:53]
"""


class Told(Probe):
    """Asterisk, as far as it is asked here."""

    def __init__(self, **more: str) -> None:
        super().__init__()
        self.answers = {
            "pjsip show endpoint 101": PHONE,
            "dialplan show s@emergency": RULES,
            "dialplan show local@emergency-exit": EXIT.format(
                "local", "EMERGENCY_NATIONAL", "local"
            ),
            "dialplan show secours@emergency-exit": EXIT.format(
                "secours", "EMERGENCY_E164", "secours"
            ),
            **more,
        }

    def __call__(self, command: str) -> Output:
        for question, answer in self.answers.items():
            if command == asked(question):
                return Output(command, 0, answer, "")
        return Output(command, 0, "Unable to find object\n", "")


def test_exits_in_order_with_the_number_shown() -> None:
    local = Way(trunk="local", caller="40930000")
    assert ways(Told(), "101") == (local, Way(trunk="secours", caller="+68940930000"))


def test_an_exit_that_shows_no_number_or_calls_another_trunk_is_seen_as_such() -> None:
    changed = EXIT.format("local", "OUT_NATIONAL", "other")
    told = Told(**{"dialplan show local@emergency-exit": changed})
    assert ways(told, "101")[0] == Way(trunk="other", caller="")


def test_an_exit_that_calls_nobody_is_no_way_out() -> None:
    told = Told(**{"dialplan show local@emergency-exit": "There is no existence of 'local'\n"})
    assert [way.trunk for way in ways(told, "101")] == ["secours"]


def test_a_phone_that_is_not_known_cannot_be_looked_at() -> None:
    with pytest.raises(CannotLookError, match="199"):
        ways(Told(), "199")
