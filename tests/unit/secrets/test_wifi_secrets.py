"""Log-ins of people and access points: made, renewed, rotated, revoked, missed when absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from mairie.secrets import SecretsError, files
from mairie.secrets.check import problems
from mairie.secrets.identity import Identity
from mairie.secrets.logins import Logins
from mairie.secrets.passwords import nt_hash
from mairie.secrets.wifi import WifiEntry
from mairie.secrets.wifi_record import RENEW_DAYS, WifiRecord
from tests.unit.secrets.conftest import World, a_commune, a_site

BOX = "rapa-mairie-box"
TODAY = datetime.now(UTC).date()
PEOPLE = {
    "ana": {"name": "Ana"},
    "bob": {"name": "Bob", "methods": ["certificate"]},
    "eva": {"name": "Eva", "methods": ["password", "certificate"]},
}


def with_wifi(world: World, people: dict[str, Any], *points: str) -> World:
    """Give Rapa access points and people."""
    site = a_site(box=["gateway", "server"])
    macs = {name: f"dc:2c:6e:10:41:{n:02x}" for n, name in enumerate(points or ("hall",))}
    site["access_points"] = {name: {"mac": mac} for name, mac in macs.items()}
    rapa = a_commune(2, {"mairie": site})
    rapa = type(rapa).model_validate({**rapa.model_dump(by_alias=True), "people": people})
    communes = {**world.territory.communes, "rapa": rapa}
    return replace(world, territory=replace(world.territory, communes=communes))


def made(world: World, days: int = 0) -> tuple[str, ...]:
    """Do what ``mairie secrets generate`` does, some days from now."""
    world.vault.generate(lambda: world.identity)
    return Logins(world.vault, TODAY + timedelta(days=days)).generate(lambda: world.identity)


def entry(world: World) -> WifiEntry:
    return world.vault.open("rapa", world.identity).wifi


def revoked(world: World) -> set[str]:
    """Return the serial numbers of the signed list."""
    listed = x509.load_pem_x509_crl(entry(world).revocations.encode())
    authority = entry(world).authority
    assert authority is not None
    key = authority.parsed.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert listed.is_signature_valid(key)
    return {f"{item.serial_number:X}" for item in listed}


@pytest.fixture
def rapa(world: World) -> World:
    found = with_wifi(world, PEOPLE)
    made(found)
    return found


def test_everything_is_made_once(world: World) -> None:
    until = TODAY + timedelta(days=799)
    there = with_wifi(world, PEOPLE)
    assert made(there) == (
        f"made    {BOX}: secret of access point hall",
        "made    rapa: password of ana",
        "made    rapa: password of eva",
        f"made    rapa: certificate of {BOX}, until {until}",
        f"made    rapa: certificate of bob, until {until}",
        f"made    rapa: certificate of eva, until {until}",
    )
    assert Logins(there.vault).generate(there.no_identity) == ()
    assert problems(there.vault, there.identity) == ()
    assert problems(there.vault, None) == ()


def test_a_commune_without_access_points_has_none_of_it(world: World) -> None:
    made(world)
    assert not (world.folder / "secrets" / "wifi.yaml").exists()
    secrets = world.vault.host_secrets(BOX, world.identity)
    assert not [name for name in secrets.others if name.startswith("wifi")]


def test_a_gateway_gets_nothing_of_people_whose_segment_its_site_lacks(world: World) -> None:
    there = with_wifi(world, {"lia": {"name": "Lia", "segment": "school"}})
    made(there)
    assert "wifi-password:lia" in there.vault.host_secrets(BOX, there.identity).others
    rapa = there.territory.communes["rapa"]
    site = rapa.sites["mairie"].model_copy(update={"segments": ("admin", "servers", "agents")})
    communes = {"rapa": rapa.model_copy(update={"sites": {"mairie": site}})}
    without = replace(there, territory=replace(there.territory, communes=communes))
    given = without.vault.host_secrets(BOX, without.identity).others
    assert "wifi-secret:hall" in given
    assert "wifi-password:lia" not in given


def test_one_commune_alone(world: World) -> None:
    there = with_wifi(world, PEOPLE)
    there.vault.generate(lambda: there.identity)
    assert Logins(there.vault).generate(there.no_identity, ("anaa", "hub")) == ()
    assert len(Logins(there.vault).generate(lambda: there.identity, ("rapa",))) == 6


def test_a_gateway_gets_hashes_and_never_the_authoritys_key(rapa: World) -> None:
    secrets = rapa.vault.host_secrets(BOX, rapa.identity)
    held = entry(rapa)
    assert held.authority is not None
    assert secrets.others["wifi-password:ana"] == nt_hash(held.passwords["ana"])
    assert "wifi-password:bob" not in secrets.others
    assert secrets.others["wifi-secret:hall"] == held.access_points[BOX]["hall"]
    sent = "".join(secrets.others.values())
    for hidden in (
        held.authority.key,
        *held.passwords.values(),
        *(issued.key for issued in held.certificates.values()),
    ):
        assert hidden not in sent


def test_no_other_host_gets_any(rapa: World) -> None:
    secrets = rapa.vault.all_secrets(rapa.identity)
    for host, each in secrets.items():
        names = [name for name in each.others if name.startswith("wifi")]
        assert bool(names) == (host == BOX), host


def test_nothing_of_it_is_on_disk_in_clear_or_shown(rapa: World) -> None:
    held = entry(rapa)
    written = b"".join(path.read_bytes() for path in (rapa.folder / "secrets").iterdir())
    for value in (*held.passwords.values(), held.access_points[BOX]["hall"]):
        assert value.encode() not in written
        assert value not in repr(held)
    assert b"PRIVATE" not in written
    assert "PRIVATE" not in repr(held)


def test_who_leaves_is_revoked_and_forgotten(rapa: World) -> None:
    serials = {name: issued.serial for name, issued in entry(rapa).certificates.items()}
    less = with_wifi(rapa, {"ana": PEOPLE["ana"], "bob": PEOPLE["bob"]})
    found = problems(less.vault, None)
    age = less.folder / "secrets" / "rapa.age"
    take_away = 'take it away with "mairie secrets generate"'
    assert found == (
        (age, f"still holds the password of eva; {take_away}"),
        (age, f"still holds the certificate of eva; {take_away}"),
    )
    assert problems(less.vault, less.identity) == found
    assert made(less) == ("revoked rapa: certificate of eva", "forgot  rapa: password of eva")
    assert revoked(less) == {serials["eva"]}
    assert set(entry(less).passwords) == {"ana"}
    assert problems(less.vault, less.identity) == ()


def test_who_changes_to_a_password_loses_the_certificate(rapa: World) -> None:
    serial = entry(rapa).certificates["bob"].serial
    other = with_wifi(rapa, {**PEOPLE, "bob": {"name": "Bob", "methods": ["password"]}})
    assert made(other) == ("made    rapa: password of bob", "revoked rapa: certificate of bob")
    assert revoked(other) == {serial}


def test_who_comes_back_has_another_certificate(rapa: World) -> None:
    before = entry(rapa).certificates["bob"].serial
    made(with_wifi(rapa, {}))
    made(rapa)
    assert entry(rapa).certificates["bob"].serial != before
    assert before in revoked(rapa)
    assert entry(rapa).certificates["bob"].serial not in revoked(rapa)


def test_what_ends_soon_is_renewed_and_both_hold_until_then(rapa: World) -> None:
    old = entry(rapa).certificates["bob"].serial
    assert made(rapa, days=799 - RENEW_DAYS) == ()
    assert len(made(rapa, days=800 - RENEW_DAYS)) == 3
    new = entry(rapa).certificates["bob"].serial
    assert new != old
    assert revoked(rapa) == set()
    assert {old, new} <= set(entry(rapa).handed_out)
    made(with_wifi(rapa, {"ana": PEOPLE["ana"]}), days=800 - RENEW_DAYS)
    assert {old, new} <= revoked(rapa)


def test_what_nobody_can_use_any_more_is_no_longer_counted(rapa: World) -> None:
    old = entry(rapa).certificates["bob"].serial
    made(rapa, days=900)
    assert old not in entry(rapa).handed_out


def test_check_says_what_ends(rapa: World, monkeypatch: pytest.MonkeyPatch) -> None:
    until = TODAY + timedelta(days=799)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=770)

    monkeypatch.setattr("mairie.secrets.check.datetime", Later)
    assert [message for _, message in problems(rapa.vault, None)] == [
        f'{what} ends on {until}; renew it with "mairie secrets generate"'
        for what in (
            f"the Wi-Fi certificate of {BOX}",
            "the certificate of bob",
            "the certificate of eva",
        )
    ]


def test_check_says_when_the_authority_ends(rapa: World) -> None:
    record = files.load_wifi(rapa.folder)["rapa"]
    soon = replace(record, authority=TODAY + timedelta(days=300))
    files.save_wifi(rapa.folder, {"rapa": soon})
    (problem,) = problems(rapa.vault, None)
    assert problem[1] == (
        f"its certificate authority ends on {soon.authority}; begin another with "
        '"mairie secrets rotate rapa --authority"'
    )


def test_check_says_what_is_missing(world: World) -> None:
    world.generated()
    there = with_wifi(world, PEOPLE)
    expected = [
        f'holds {what}; make it with "mairie secrets generate"'
        for what in (
            "no certificate authority for the Wi-Fi of rapa",
            f"no secret of access point hall at {BOX}",
            f"no Wi-Fi certificate of {BOX}",
            "no password of ana",
            "no certificate of bob",
            "no password of eva",
            "no certificate of eva",
        )
    ]
    for identity in (None, there.identity):
        assert [message for _, message in problems(there.vault, identity)] == expected


def test_a_deploy_without_them_is_a_sentence(rapa: World) -> None:
    more = with_wifi(rapa, {**PEOPLE, "zoe": {"name": "Zoé"}})
    with pytest.raises(SecretsError) as caught:
        more.vault.host_secrets(BOX, more.identity)
    path = more.folder / "secrets" / "rapa.age"
    assert str(caught.value) == (
        f'{path} holds no password of zoe; make it with "mairie secrets generate"'
    )


def test_a_rotated_person_loses_what_they_had(rapa: World) -> None:
    before = entry(rapa)
    Logins(rapa.vault).rotate_person("rapa", "eva", rapa.identity)
    after = entry(rapa)
    assert after.passwords["eva"] != before.passwords["eva"]
    assert after.passwords["ana"] == before.passwords["ana"]
    assert revoked(rapa) == {before.certificates["eva"].serial}
    assert after.certificates["bob"] == before.certificates["bob"]


def test_a_rotated_server_keeps_its_name(rapa: World) -> None:
    before = entry(rapa)
    Logins(rapa.vault).rotate_server(BOX, rapa.identity)
    after = entry(rapa)
    assert revoked(rapa) == {before.servers[BOX].serial}
    names = [
        issued.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        for issued in (before.servers[BOX], after.servers[BOX])
    ]
    assert names[0] == names[1]


def test_a_rotated_access_point_is_the_only_one(world: World) -> None:
    there = with_wifi(world, PEOPLE, "hall", "salle")
    made(there)
    before = entry(there)
    Logins(there.vault).rotate_access_point(BOX, "salle", there.identity)
    after = entry(there)
    assert after.access_points[BOX]["hall"] == before.access_points[BOX]["hall"]
    assert after.access_points[BOX]["salle"] != before.access_points[BOX]["salle"]
    assert after.certificates == before.certificates


def test_another_authority_signs_everything_anew(rapa: World) -> None:
    before = entry(rapa)
    Logins(rapa.vault).rotate_authority("rapa", rapa.identity)
    after = entry(rapa)
    assert after.authority != before.authority
    assert set(after.certificates) == set(before.certificates)
    assert not set(after.handed_out) & set(before.handed_out)
    assert (after.passwords, after.access_points) == (before.passwords, before.access_points)
    assert revoked(rapa) == set()
    assert problems(rapa.vault, rapa.identity) == ()


def test_a_rotation_of_the_tunnel_keeps_them(rapa: World) -> None:
    before = entry(rapa)
    rapa.vault.rotate(BOX, rapa.identity)
    assert entry(rapa) == before


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda logins, key: logins.rotate_person("rapa", "evaa", key),
            'essai has no person of rapa with login "evaa"; did you mean "eva"?',
        ),
        (
            lambda logins, key: logins.rotate_person("anaa", "eva", key),
            "no site of anaa has access points, or radios with a network of people, so it has no "
            "log-ins",
        ),
        (
            lambda logins, key: logins.handover("rappa", "eva", key),
            'essai has no commune "rappa"; did you mean "rapa"?',
        ),
        (
            lambda logins, key: logins.rotate_server("anaa-mairie-gw", key),
            'essai has no gateway with access points "anaa-mairie-gw"; '
            'did you mean "rapa-mairie-box"?',
        ),
        (
            lambda logins, key: logins.rotate_access_point(BOX, "hal", key),
            f'essai has no access point at {BOX} named "hal"; did you mean "hall"?',
        ),
    ],
)
def test_what_does_not_exist_is_a_sentence(
    rapa: World, act: Callable[[Logins, Identity], object], message: str
) -> None:
    with pytest.raises(SecretsError) as caught:
        act(Logins(rapa.vault), rapa.identity)
    assert str(caught.value) == message


def test_an_unchanged_record_is_the_same_bytes(rapa: World) -> None:
    path = rapa.folder / "secrets" / "wifi.yaml"
    before = path.read_bytes()
    files.save_wifi(rapa.folder, files.load_wifi(rapa.folder))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[]\n", "rapa: 3\n", "rapa: {authority: soon}\n", "rapa: {passwords: 3}\n", "{\n"]
)
def test_a_damaged_record_is_a_sentence(world: World, text: str) -> None:
    path: Path = world.folder / "secrets" / "wifi.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SecretsError, match=r"wifi.yaml is not as mairie writes it"):
        files.load_wifi(world.folder)


def test_a_record_that_is_lost_is_made_again(rapa: World) -> None:
    before = entry(rapa)
    path = rapa.folder / "secrets" / "wifi.yaml"
    text = path.read_text()
    path.unlink()
    assert files.load_wifi(rapa.folder).get("rapa", WifiRecord()) == WifiRecord()
    assert made(rapa) == ()
    assert path.read_text() == text
    assert entry(rapa) == before
