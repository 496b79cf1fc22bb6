"""What only lessons can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import Case

RURUTU = "communes/rurutu.yaml"
HOST = "    segments: [admin, school, voice]\n    hosts:\n      gw: {roles: [gateway], wan: eth0, trunk: eth1}\n"
RADIO = HOST.replace("trunk: eth1}", "trunk: eth1, radios: {wlan0: {band: 2.4, channel: 6}}}")
DEMO = "demo: true\n"


def lessons(text: str, host: str = RADIO) -> tuple[str, str, str]:
    return RURUTU, HOST, f"{host}    lessons: {text}\n"


def schedule(*lesson: str) -> tuple[str, str, str]:
    return lessons("{schedule: [" + ", ".join(f"{{{each}}}" for each in lesson) + "]}")


CASES: tuple[Case, ...] = (
    (
        "a site without radios",
        *lessons("{minutes: 30}", HOST),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons: no radio of this site carries a network for lessons, which takes radios and its segment; add what is missing, or remove lessons"
        ],
    ),
    (
        "a network that is off",
        *lessons("{minutes: 30}\n    networks: {school: {on: false}}"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons: no radio of this site carries a network for lessons, which takes radios and its segment; add what is missing, or remove lessons"
        ],
    ),
    (
        "no length",
        *lessons("{minutes: 0}"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.minutes: 0 is out of range; allowed: 1 to 600"
        ],
    ),
    (
        "longer than the longest",
        *lessons("{minutes: 200}"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.minutes: 200 minutes are more than the longest lesson (180); write less, or raise longest"
        ],
    ),
    (
        "the longest below the reference's length",
        *lessons("{longest: 30}"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.longest: 60 minutes are more than the longest lesson (30); write less, or raise longest"
        ],
    ),
    (
        "a lesson that ends before it begins",
        *schedule("days: [mon], start: '10:00', end: '09:00'"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.schedule[0].end: 09:00 is not after 10:00; a lesson begins and ends on one day"
        ],
    ),
    (
        "a lesson that is too long",
        *schedule("days: [mon], start: '08:00', end: '12:00'"),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.schedule[0]: 08:00 to 12:00 lasts 240 minutes; at most 180; write two lessons, or raise longest"
        ],
    ),
    (
        "one lesson over another",
        *schedule(
            "days: [mon, tue], start: '08:00', end: '09:00'",
            "days: [tue], start: '08:30', end: '09:30'",
            "days: [wed], start: '08:30', end: '09:30'",
        ),
        [
            "communes/rurutu.yaml:24: sites.ecole.lessons.schedule[1]: 08:30 to 09:30 is on tue during lesson 1 (08:00 to 09:00); lessons follow each other"
        ],
    ),
    (
        "the reference",
        "syndicate.yaml",
        DEMO,
        f"{DEMO}overrides: {{lessons: {{minutes: 500}}}}\n",
        [
            "syndicate.yaml:27: overrides.lessons.minutes: 500 minutes are more than the longest lesson (180); write less, or raise longest"
        ],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected


def test_lessons_that_follow_each_other(inventory: Inventory) -> None:
    file, old, new = schedule(
        "days: [mon, tue], start: '08:00', end: '09:00'",
        "days: [mon], start: '09:00', end: '10:00'",
    )
    inventory.replace(file, old, new)
    assert inventory.errors() == []
