"""What only the visitors' portal can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

from pathlib import Path

import pytest

from mairie.inventory import load
from tests.unit.inventory.small import Inventory
from tests.unit.inventory.test_checks import RAPA, Case

RURUTU = "communes/rurutu.yaml"
SITE = "    label: Mairie de Moerai\n"
DEMO = "demo: true\n"


def portal(text: str) -> str:
    return f"{SITE}    portal: {text}\n"


CASES: tuple[Case, ...] = (
    (
        "a site without visitors",
        RAPA,
        "    label: Mairie\n",
        "    label: Mairie\n    portal: {mode: voucher}\n",
        [
            'communes/rapa.yaml:12: sites.mairie.portal: the portal is for segment "public", which is not on this site; its segments: admin, servers, agents'
        ],
    ),
    (
        "hours",
        RURUTU,
        SITE,
        portal("{hours: 25}"),
        [
            "communes/rurutu.yaml:12: sites.mairie.portal.hours: 25 is out of range; allowed: 1 to 24"
        ],
    ),
    (
        "faster than the segment",
        RURUTU,
        SITE,
        portal("{rate: 100M}"),
        [
            "communes/rurutu.yaml:12: sites.mairie.portal.rate: 100M is more than the whole segment has (2M); write less, or raise the segment's rate_limit"
        ],
    ),
    (
        "a flow of its name",
        "syndicate.yaml",
        DEMO,
        f"{DEMO}overrides: {{flows: {{portal: {{from: public, to: internet, services: [any], reason: x}}}}}}\n",
        [
            'syndicate.yaml:27: overrides.flows.portal: "portal" is the portal\'s own rule; name the flow otherwise'
        ],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_exact_sentence(inventory: Inventory, case: Case) -> None:
    _, file, old, new, expected = case
    inventory.replace(file, old, new)
    assert inventory.errors() == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "terms.fr.txt",
            b"Fran\xe7ais\n\nRien.\n",
            ["portal/terms.fr.txt:1: not UTF-8 (byte 0xe7); save the file as UTF-8"],
        ),
        (
            "terms.ty.txt",
            b" \n",
            [
                "portal/terms.ty.txt:1: is empty; write the language's own name, an empty line, then the terms"
            ],
        ),
        (
            "terms.ty.txt",
            b"Reo Tahiti\n\n",
            [
                "portal/terms.ty.txt:1: the language's name is there, the terms are not; write them below it"
            ],
        ),
        (
            "terms.ty.txt",
            b"\nIa ora na.\n",
            [
                "portal/terms.ty.txt:1: the first line is the language's own name, 40 characters at most"
            ],
        ),
        (
            "terms.en.txt",
            b"English\n\nBe kind.\n",
            [
                "portal/terms.en.txt:1: changes the terms in English alone, and there are no French ones beside them; write terms.fr.txt too"
            ],
        ),
        (
            "conditions.txt",
            b"x",
            [
                "portal/conditions.txt: is not read; terms are named terms.<language>.txt, such as terms.ty.txt"
            ],
        ),
        (
            "terms.ty.txt",
            b"Reo Tahiti\n\nIa ora\x07 na.\n",
            ["portal/terms.ty.txt:3: character U+0007 is not allowed in a text"],
        ),
        (
            "terms.ty.txt",
            b"Reo Tahiti\n\n" + b"a" * 20_001,
            ["portal/terms.ty.txt:1: is larger than 20 kB; nobody reads so much on a telephone"],
        ),
        (
            "rapaa/terms.fr.txt",
            b"x",
            ['portal/rapaa: unknown commune "rapaa"; did you mean "rapa"?'],
        ),
    ],
)
def test_exact_sentence_of_terms(
    inventory: Inventory, name: str, content: bytes, expected: list[str]
) -> None:
    inventory.write(f"portal/{name}", content)
    assert inventory.errors() == expected


def languages(folder: Path, commune: str) -> dict[str, str]:
    return {each.code: each.language for each in load(folder).terms_of(commune)}


def test_one_more_language_is_one_more_file(inventory: Inventory) -> None:
    assert list(languages(inventory.folder, "rapa")) == ["en", "fr"]
    inventory.write("portal/terms.ty.txt", "Reo Tahiti\r\n\r\nIa ora na.\r\n")
    assert languages(inventory.folder, "rapa")["ty"] == "Reo Tahiti"
    assert load(inventory.folder).terms_of("rapa")[2].text == "Ia ora na."


def test_french_ones_take_the_place_of_all(inventory: Inventory) -> None:
    inventory.write("portal/rapa/terms.fr.txt", "Français\n\nNos règles.\n")
    assert list(languages(inventory.folder, "rapa")) == ["fr"]
    assert list(languages(inventory.folder, "rurutu")) == ["en", "fr"]
