"""TARGETS: names, islands, archipelagos, roles, and what matches nothing."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from mairie.cli.targets import Targets, select, select_one, target_options
from mairie.errors import MairieError
from mairie.inventory import load
from mairie.model.territory import Territory
from tests.unit.cli.demo import INVENTORIES


@pytest.fixture(scope="module")
def demo() -> Territory:
    return load(INVENTORIES / "demo")


@pytest.fixture(scope="module")
def polynesie() -> Territory:
    return load(INVENTORIES / "polynesie")


ALL = ("hub", "rapa-mairie-box", "rurutu-mairie-gw", "rurutu-mairie-srv", "rurutu-ecole-gw")


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (Targets(everything=True), ALL),
        (Targets(names=("rurutu-ecole-gw",)), ALL[4:]),
        (Targets(names=("rurutu",)), ALL[2:]),
        (Targets(names=("Rurutu",)), ALL[2:]),
        (Targets(names=("rurutu-mairie",)), ALL[2:4]),
        (Targets(names=("rapa", "hub")), ALL[:2]),
        (Targets(islands=("Rapa",)), ALL[1:2]),
        (Targets(islands=("rapa", "rurutu")), ALL[1:]),
        (Targets(archipelagos=("australes",)), ALL[1:]),
        (Targets(roles=("hub",)), ALL[:1]),
        (Targets(roles=("server",)), (ALL[1], ALL[3])),
        (Targets(archipelagos=("australes",), roles=("gateway",)), (ALL[1], ALL[2], ALL[4])),
        (Targets(names=("rurutu",), roles=("gateway",)), (ALL[2], ALL[4])),
        (Targets(everything=True, roles=("hub", "server")), (ALL[0], ALL[1], ALL[3])),
    ],
    ids=str,
)
def test_selected(demo: Territory, targets: Targets, expected: tuple[str, ...]) -> None:
    assert select(demo, targets) == expected


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (
            Targets(),
            "no target; name hosts or communes, or write --island, --archipelago, --role or --all",
        ),
        (
            Targets(names=("ruruto",)),
            'unknown host, commune or hub "ruruto"; did you mean "rurutu"?',
        ),
        (Targets(islands=("Tubuai", "Rapa")), 'unknown island "Tubuai"; allowed: rapa, rurutu'),
        (
            Targets(archipelagos=("austral",)),
            'unknown archipelago "austral"; did you mean "australes"?',
        ),
        (
            Targets(names=("hub",), roles=("gateway",)),
            "no host matches all of these targets together; leave one of them out",
        ),
    ],
    ids=str,
)
def test_refused(demo: Territory, targets: Targets, message: str) -> None:
    with pytest.raises(MairieError) as error:
        select(demo, targets)
    assert str(error.value) == message
    assert error.value.exit_code == 2


def test_names_with_blanks_and_accents(polynesie: Territory) -> None:
    by_label = select(polynesie, Targets(names=("Hitiaa O Te Ra",)))
    assert by_label == select(polynesie, Targets(names=("hitiaa-o-te-ra",)))
    raiatea = select(polynesie, Targets(islands=("Raiatea",), roles=("gateway",)))
    assert {name.split("-")[0] for name in raiatea} == {"taputapuatea", "tumaraa", "uturoa"}


def test_one_host(demo: Territory) -> None:
    assert select_one(demo, "rapa") == "rapa-mairie-box"
    with pytest.raises(MairieError) as error:
        select_one(demo, "rurutu-mairie")
    assert str(error.value) == (
        "rurutu-mairie has 2 hosts; name one: rurutu-mairie-gw, rurutu-mairie-srv"
    )


def test_options() -> None:
    seen: list[Targets] = []

    @click.command
    @target_options
    @click.option("--only", default="")
    def command(targets: Targets, only: str) -> None:
        """Do it."""
        assert only == "vpn"
        seen.append(targets)

    words = "rapa --island Rurutu --archipelago australes --role hub --role server --all --only vpn"
    result = CliRunner().invoke(command, words.split(), catch_exceptions=False)
    assert result.exit_code == 0
    assert seen == [
        Targets(
            names=("rapa",),
            islands=("Rurutu",),
            archipelagos=("australes",),
            roles=("hub", "server"),
            everything=True,
        )
    ]
    assert command.help == "Do it."
    assert CliRunner().invoke(command, ["--role", "king"]).exit_code == 2
