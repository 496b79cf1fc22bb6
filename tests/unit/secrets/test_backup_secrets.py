"""What backups need: made for every host, gathered for the hub, missed when absent."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace

import pyrage
import pytest

from mairie.secrets import SecretsError, files, load_public_keys
from mairie.secrets.check import problems
from mairie.secrets.owners import BACKUP_SECRETS
from mairie.secrets.payload import HostEntry, Payload
from tests.unit.secrets.conftest import World, a_commune, a_site

HOSTS = ("anaa-mairie-gw", "anaa-mairie-srv", "anaa-ecole-gw", "rapa-mairie-box")


def rewrite(world: World, owner: str, change: Callable[[str, HostEntry], HostEntry | None]) -> None:
    """Write the file of an owner anew, as an older version would have."""
    hosts = world.vault.open(owner, world.identity).hosts
    kept = {host: new for host, old in hosts.items() if (new := change(host, old)) is not None}
    recipient = pyrage.x25519.Recipient.from_str(world.territory.syndicate.recipients[0])
    path = files.age_file(world.folder, owner)
    path.write_bytes(pyrage.encrypt(Payload(kept).to_bytes(), [recipient]))


def before_backups(world: World) -> World:
    """Return a world whose secrets were made when there were only tunnels."""
    world.generated()
    for owner in ("hub", "anaa", "rapa"):
        rewrite(
            world,
            owner,
            lambda _, entry: replace(entry, others={}) if entry.wireguard_private_key else None,
        )
    (world.folder / "secrets" / "others.yaml").unlink()
    return world


def test_every_host_of_a_commune_has_two_and_a_hub_one_of_its_own(world: World) -> None:
    secrets = world.generated().vault.all_secrets(world.identity)
    values: list[str] = []
    for host in HOSTS:
        assert set(secrets[host].others) == {"backup-password", "backup-credential"}
        values += secrets[host].others.values()
    values.append(secrets["hub"].others["backup-store-password"])
    assert len(set(values)) == 9
    for value in values:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
        assert len(base64.urlsafe_b64decode(value + "=")) == 32


def test_the_hub_gathers_those_of_its_hosts_and_they_never_get_its_own(world: World) -> None:
    secrets = world.generated().vault.all_secrets(world.identity)
    hub = dict(secrets["hub"].others)
    own = hub.pop("backup-store-password")
    expected = {
        f"{name}:{host}": secrets[host].others[name] for host in HOSTS for name in BACKUP_SECRETS
    }
    assert hub == expected
    assert all(own not in secrets[host].others.values() for host in HOSTS)


def test_each_hub_has_those_of_its_own_communes_only(world: World) -> None:
    syndicate = world.territory.syndicate
    second = syndicate.hubs["hub"].model_copy(update={"index": 2})
    rapa = world.territory.communes["rapa"].model_copy(update={"hub": "hub2"})
    world.territory = replace(
        world.territory,
        syndicate=syndicate.model_copy(update={"hubs": {**syndicate.hubs, "hub2": second}}),
        communes={**world.territory.communes, "rapa": rapa},
    )
    secrets = world.generated().vault.all_secrets(world.identity)
    assert not [name for name in secrets["hub"].others if "rapa" in name]
    assert set(secrets["hub2"].others) == {
        "backup-store-password",
        "backup-password:rapa-mairie-box",
        "backup-credential:rapa-mairie-box",
    }


def test_generate_completes_what_an_older_version_wrote(world: World) -> None:
    before_backups(world)
    keys = load_public_keys(world.folder)
    old = {owner: world.vault.open(owner, world.identity).hosts for owner in ("hub", "anaa")}
    made = world.vault.generate(lambda: world.identity)
    assert set(made) == {"hub", *HOSTS}
    assert load_public_keys(world.folder) == keys
    for owner, hosts in old.items():
        after = world.vault.open(owner, world.identity).hosts
        for host, entry in hosts.items():
            assert replace(after[host], others={}) == entry
    assert problems(world.vault, world.identity) == ()
    assert world.vault.generate(world.no_identity) == ()


def test_generate_keeps_what_is_there_and_adds_what_is_not(world: World) -> None:
    world.generated()
    before = world.vault.host_secrets("rapa-mairie-box", world.identity).others
    rewrite(
        world,
        "rapa",
        lambda _, entry: replace(
            entry, others={"backup-password": entry.others["backup-password"], "later": "kept"}
        ),
    )
    names = files.load_others(world.folder)
    files.save_others(world.folder, {**names, "rapa-mairie-box": ("backup-password", "later")})
    assert world.vault.generate(lambda: world.identity) == ("rapa-mairie-box",)
    after = world.vault.host_secrets("rapa-mairie-box", world.identity).others
    assert after["backup-password"] == before["backup-password"]
    assert after["backup-credential"] not in ("", before["backup-credential"])
    assert after["later"] == "kept"
    assert files.load_others(world.folder)["rapa-mairie-box"] == (
        "backup-credential",
        "backup-password",
        "later",
    )


def test_a_server_that_becomes_a_gateway_keeps_its_backups_password(world: World) -> None:
    world.generated()
    before = world.vault.host_secrets("anaa-mairie-srv", world.identity).others
    anaa = a_commune(
        1, {"mairie": a_site(srv=["gateway", "server"]), "ecole": a_site(gw=["gateway"])}
    )
    world.territory = replace(world.territory, communes={**world.territory.communes, "anaa": anaa})
    assert world.vault.generate(lambda: world.identity) == ("anaa-mairie-srv",)
    after = world.vault.host_secrets("anaa-mairie-srv", world.identity)
    assert after.others == before
    assert after.wireguard_private_key
    assert after.preshared_keys
    assert problems(world.vault, world.identity) == ()


def test_a_rotation_keeps_them(world: World) -> None:
    before = world.generated().vault.host_secrets("rapa-mairie-box", world.identity).others
    world.vault.rotate("rapa-mairie-box", world.identity)
    world.vault.finish_rotation("rapa-mairie-box", world.identity)
    assert world.vault.host_secrets("rapa-mairie-box", world.identity).others == before


@pytest.mark.parametrize(
    ("host", "owner", "what"),
    [
        ("hub", "hub", "backup-store-password of hub"),
        ("anaa-mairie-srv", "anaa", "backup-credential of anaa-mairie-srv"),
    ],
)
def test_a_deploy_without_them_is_a_sentence(
    world: World, host: str, owner: str, what: str
) -> None:
    before_backups(world)
    with pytest.raises(SecretsError) as caught:
        world.vault.host_secrets(host, world.identity)
    file = f"{world.folder}/secrets/{owner}.age"
    assert str(caught.value) == f'{file} holds no {what}; make it with "mairie secrets generate"'


def test_a_hub_is_not_deployed_without_those_of_its_hosts(world: World) -> None:
    world.generated()
    rewrite(world, "rapa", lambda _, entry: replace(entry, others={}))
    with pytest.raises(SecretsError, match=r"rapa.age holds no backup-credential of rapa-mairie-b"):
        world.vault.host_secrets("hub", world.identity)


@pytest.mark.parametrize("opened", [False, True])
def test_check_says_what_is_missing_with_and_without_an_identity(
    world: World, opened: bool
) -> None:
    before_backups(world)
    found = problems(world.vault, world.identity if opened else None)
    assert sorted((path.name, message) for path, message in found) == [
        *(
            (
                f"{owner}.age",
                f"{host} has no backup-credential and no backup-password; "
                'make it with "mairie secrets generate"',
            )
            for owner, host in (
                ("anaa", "anaa-ecole-gw"),
                ("anaa", "anaa-mairie-gw"),
                ("anaa", "anaa-mairie-srv"),
            )
        ),
        ("hub.age", 'hub has no backup-store-password; make it with "mairie secrets generate"'),
        (
            "rapa.age",
            "rapa-mairie-box has no backup-credential and no backup-password; "
            'make it with "mairie secrets generate"',
        ),
    ]


def test_nothing_of_it_is_on_disk_in_clear_or_shown(world: World) -> None:
    secrets = world.generated().vault.all_secrets(world.identity)
    written = b"".join(path.read_bytes() for path in (world.folder / "secrets").iterdir())
    for host in secrets.values():
        for value in host.others.values():
            assert value.encode() not in written
            assert value not in repr(host)
