"""What is read in the words of Asterisk about emergency calls."""

from __future__ import annotations

from mairie.host.looks.asterisk import asked
from mairie.host.looks.emergencies import Way, ways
from mairie.host.probe import Output, Probe

BUILDING = """[ Context 'building' created by 'pbx_config' ]
  '101' =>          1. Set(EMERGENCY_E164=+68940930000)           [extensions.conf:45]
                    2. Set(EMERGENCY_NATIONAL=40930000)           [extensions.conf:46]
                    3. Return()                                   [extensions.conf:47]
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
            "dialplan show 101@building": BUILDING,
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
        return Output(command, 0, "There is no existence of it\n", "")


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


def test_a_phone_of_no_building_shows_no_number() -> None:
    assert ways(Told(), "199")[0] == Way(trunk="local", caller="")
