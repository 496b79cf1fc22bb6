"""What only the name filter can get wrong: the exact sentence, for each."""

# ruff: noqa: E501 - sentences are compared whole

from __future__ import annotations

import pytest

from mairie.inventory import load
from mairie.inventory.filter_lists import MAX_DOMAINS
from tests.unit.inventory.small import Inventory

DEMO = "demo: true\n"

REFERENCE = (
    (
        "a list that is not there",
        "dns_filter: {lists: [jeu]}",
        [
            'syndicate.yaml:27: overrides.dns_filter.lists[0]: unknown list "jeu"; allowed: doh, exemple; a list is a file filter/<name>.txt'
        ],
    ),
    (
        "no domain",
        "dns_filter: {allowed: [Jeux]}",
        [
            'syndicate.yaml:27: overrides.dns_filter.allowed[0]: "Jeux" is not allowed; write a domain in lower case, such as jeux.example'
        ],
    ),
    (
        "refused and allowed",
        "dns_filter: {allowed: [mask.icloud.com]}",
        [
            'syndicate.yaml:27: overrides.dns_filter.allowed[0]: "mask.icloud.com" is refused too; write it in one of both'
        ],
    ),
    (
        "a name of two engines",
        "dns_filter: {safe_search: {bing: {names: [www.google.fr]}}}",
        [
            'syndicate.yaml:27: overrides.dns_filter.safe_search.bing.names[0]: "www.google.fr" is already google\'s; a name leads to one place'
        ],
    ),
    (
        "a flow of its name",
        "flows: {name-filter: {from: public, to: internet, services: [any], reason: x}}",
        [
            'syndicate.yaml:27: overrides.flows.name-filter: "name-filter" is the filter\'s own rule; name the flow otherwise'
        ],
    ),
)
LISTS = (
    (
        "jeux.txt",
        "# Jeux\njeux.example\nhttps://jeux.example/\n",
        [
            'filter/jeux.txt:3: "https://jeux.example/" is no domain; write one a line, such as jeux.example'
        ],
    ),
    (
        "jeux.txt",
        "com\n",
        ['filter/jeux.txt:1: "com" is no domain; write one a line, such as jeux.example'],
    ),
    (
        "Jeux.list",
        "jeux.example\n",
        [
            "filter/Jeux.list: is not read; lists are named <name>.txt in lower case, such as jeux.txt"
        ],
    ),
    (
        "jeux.txt",
        "".join(f"n{number}.example\n" for number in range(MAX_DOMAINS + 1)),
        ["filter/jeux.txt:1: has 20001 domains; at most 20000, since each deploy sends it"],
    ),
)


@pytest.mark.parametrize("case", REFERENCE, ids=[case[0] for case in REFERENCE])
def test_exact_sentence(inventory: Inventory, case: tuple[str, str, list[str]]) -> None:
    _, text, expected = case
    inventory.replace("syndicate.yaml", DEMO, f"{DEMO}overrides: {{{text}}}\n")
    assert inventory.errors() == expected


@pytest.mark.parametrize(("name", "text", "expected"), LISTS)
def test_a_list_that_is_wrong(
    inventory: Inventory, name: str, text: str, expected: list[str]
) -> None:
    inventory.write(f"filter/{name}", text)
    assert inventory.errors() == expected


def test_a_list_of_the_territory_takes_the_place_of_a_shipped_one(inventory: Inventory) -> None:
    inventory.write(
        "filter/exemple.txt", "Jeux.Example.  # with a dot\n\njeux.example\nxn--t-1fa.fr\n"
    )
    found = load(inventory.folder).filter_lists
    assert found["exemple"] == ("jeux.example", "xn--t-1fa.fr")
    assert "dns.google" in found["doh"]
