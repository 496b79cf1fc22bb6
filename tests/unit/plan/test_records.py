"""Whose connections are recorded, by whose law; and that no backup has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mairie.files.records import FOLDER as ON_HOST
from mairie.model.commune import Commune
from mairie.model.reference import Records
from mairie.model.territory import PublicKeys, Territory
from mairie.plan.host import HostPlan
from mairie.plan.records import FOLDER, territory_of
from mairie.plan.resolve import resolve
from tests.unit.plan.fleets import LAYERS, key_of, syndicate

RECORDS = Records.model_validate(LAYERS["all"]["records"])


def plans(*segments: str, insee: str = "98707", **more: Any) -> dict[str, HostPlan]:
    """Return the plans of one town hall with a gateway and a server."""
    commune = Commune.model_validate(
        {
            "insee": insee,
            "name": "Essai",
            "timezone": "Pacific/Tahiti",
            "index": 7,
            "uplinks": [{"kind": "fibre", "down": "20M", "up": "4M"}],
            "sites": {
                "mairie": {
                    "label": "Mairie",
                    "segments": ["admin", "servers", *segments],
                    "hosts": {
                        "gw": {"roles": ["gateway"], "wan": "eth0", "trunk": "eth1"},
                        "srv": {"roles": ["server"]},
                    },
                }
            },
            **more,
        }
    )
    hosts = ("hub0", "essai-mairie-gw", "essai-mairie-srv")
    keys = {host: PublicKeys(key_of(host)) for host in hosts}
    return resolve(Territory("essai", syndicate(1), {"essai": commune}, LAYERS, keys))


def test_a_gateway_with_visitors_records() -> None:
    plan = plans("public")["essai-mairie-gw"]
    assert plan.bricks == ("base", "network", "vpn", "portal", "records", "backup")
    records = plan.records
    assert records is not None
    (carried,) = [item for item in plan.network.segments if item.segment == "public"]
    assert (records.interface, records.prefix_ipv4, records.prefix_ipv6) == (
        carried.bridge,
        carried.prefix_ipv4,
        carried.prefix_ipv6,
    )
    assert (records.day_bytes, records.source_bytes) == (128 << 20, 32 << 20)
    (period,) = records.periods
    assert (records.territory, period.start, period.end, period.days, period.checked) == (
        "polynesie",
        "2021-10-21",
        "",
        365,
        "",
    )


def test_no_backup_has_the_records() -> None:
    assert FOLDER == ON_HOST
    backup = plans("public")["essai-mairie-gw"].backup
    assert backup is not None
    assert FOLDER in backup.excludes


def test_who_has_no_visitors_has_the_plan_of_before() -> None:
    found = plans("agents")
    for plan in found.values():
        assert plan.records is None
        assert "records" not in plan.bricks
        assert plan.backup is None or FOLDER not in plan.backup.excludes
    server = plans("public")["essai-mairie-srv"]
    before = found["essai-mairie-srv"]
    assert replace(server, network=before.network) == before


@pytest.mark.parametrize(
    ("insee", "territory"),
    [
        ("21005", "france"),
        ("2A004", "france"),
        ("97411", "france"),
        ("98744", "polynesie"),
        ("98818", "nouvelle-caledonie"),
        ("98613", "wallis-et-futuna"),
    ],
)
def test_the_longest_beginning_of_a_code_decides(insee: str, territory: str) -> None:
    assert territory_of(insee, RECORDS) == territory


def test_nobodys_law() -> None:
    alone = {"polynesie": RECORDS.territories["polynesie"]}
    assert territory_of("21005", RECORDS.model_copy(update={"territories": alone})) is None


def test_periods_are_in_order_and_in_words() -> None:
    written = [
        {"start": "2028-01-01", "days": 180, "source": "b", "checked": "2028-02-03"},
        {"start": "2021-10-21", "end": "2027-12-31", "days": 365, "source": "a"},
    ]
    # Of a syndicate: a commune that writes this is refused before a plan is made.
    row = {"label": "Ici", "insee": ["987"], "periods": written}
    layer = {"records": {"territories": {"polynesie": row}}}
    records = plans("public", overrides=layer)["essai-mairie-gw"].records
    assert records is not None
    found = [(item.start, item.end, item.days, item.checked) for item in records.periods]
    assert found == [
        ("2021-10-21", "2027-12-31", 365, ""),
        ("2028-01-01", "", 180, "2028-02-03"),
    ]
