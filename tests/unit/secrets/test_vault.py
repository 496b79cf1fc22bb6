from dataclasses import replace
from pathlib import Path

import pytest

from mairie.secrets import SecretsError, files, load_public_keys
from mairie.secrets.check import problems
from mairie.secrets.identity import parse_identity
from mairie.secrets.keys import public_key
from tests.unit.secrets.conftest import SSH_KEY, World, a_commune, a_site, age_identity


def secrets_files(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((world.folder / "secrets").iterdir())}


def test_generate_makes_a_file_for_each_owner_and_keys_for_each_tunnel(world: World) -> None:
    made = world.vault.generate(world.no_identity)
    assert made == (
        "hub",
        *("anaa-ecole-gw", "anaa-mairie-gw", "anaa-mairie-srv"),
        "rapa-mairie-box",
    )
    assert set(secrets_files(world)) == {
        "anaa.age",
        "hub.age",
        "others.yaml",
        "public.yaml",
        "rapa.age",
        "recipients.yaml",
    }
    assert problems(world.vault, world.identity) == ()


def test_generate_again_changes_nothing_and_needs_no_identity(world: World) -> None:
    before = secrets_files(world.generated())
    assert world.vault.generate(world.no_identity) == ()
    assert secrets_files(world) == before


def test_generate_completes_a_commune_and_keeps_its_keys(world: World) -> None:
    world.generated()
    before = load_public_keys(world.folder)
    site = {
        **world.territory.communes["rapa"].sites,
        "port": a_commune(9, {"port": a_site(gw=["gateway"])}).sites["port"],
    }
    rapa = world.territory.communes["rapa"].model_copy(update={"sites": site})
    world.territory = replace(world.territory, communes={**world.territory.communes, "rapa": rapa})
    untouched = secrets_files(world)["anaa.age"]
    assert world.vault.generate(lambda: world.identity) == ("rapa-port-gw",)
    after = load_public_keys(world.folder)
    assert {host: after[host] for host in before} == before
    assert secrets_files(world)["anaa.age"] == untouched


def test_generate_finds_public_keys_again_after_a_crash_between_the_two_files(world: World) -> None:
    keys = load_public_keys(world.generated().folder)
    (world.folder / "secrets" / "public.yaml").unlink()
    assert world.vault.generate(lambda: world.identity) == ()
    assert load_public_keys(world.folder) == keys


def test_both_ends_of_a_tunnel_share_one_preshared_key(world: World) -> None:
    secrets = world.generated().vault.all_secrets(world.identity)
    gateways = {"anaa-mairie-gw", "anaa-ecole-gw", "rapa-mairie-box"}
    assert set(secrets["hub"].preshared_keys) == gateways
    for name in gateways:
        assert secrets[name].preshared_keys == {"hub": secrets["hub"].preshared_keys[name]}
        assert (
            public_key(secrets[name].wireguard_private_key)
            == load_public_keys(world.folder)[name].current
        )
    assert len(set(secrets["hub"].preshared_keys.values())) == 3
    assert secrets["anaa-mairie-srv"].wireguard_private_key == ""


def test_nothing_secret_is_on_disk_in_clear(world: World) -> None:
    secrets = world.generated().vault.all_secrets(world.identity)
    written = b"".join(secrets_files(world).values())
    for host in secrets.values():
        for value in (host.wireguard_private_key, *host.preshared_keys.values()):
            assert value.encode() not in written or not value
        assert host.wireguard_private_key not in repr(host) or not host.wireguard_private_key
    assert b"BEGIN" not in written
    assert not [path for path in (world.folder / "secrets").iterdir() if path.name.startswith(".")]


def test_public_file_is_sorted_and_the_same_for_the_same_keys(world: World) -> None:
    world.generated()
    path = world.folder / "secrets" / "public.yaml"
    first = path.read_bytes()
    keys = load_public_keys(world.folder)
    files.save_public_keys(world.folder, dict(reversed(keys.items())))
    assert path.read_bytes() == first
    assert list(keys) == sorted(keys)


def test_rotation_stages_then_finishes(world: World) -> None:
    vault = world.generated().vault
    old = load_public_keys(world.folder)["rapa-mairie-box"]
    staged = vault.rotate("rapa-mairie-box", world.identity)
    assert staged.current == old.current
    assert staged.next not in (None, old.current)
    assert load_public_keys(world.folder)["rapa-mairie-box"] == staged
    secrets = world.vault.host_secrets("rapa-mairie-box", world.identity)
    assert public_key(secrets.next_wireguard_private_key) == staged.next
    preshared = secrets.preshared_keys
    done = world.vault.finish_rotation("rapa-mairie-box", world.identity)
    assert (done.current, done.next) == (staged.next, None)
    after = world.vault.host_secrets("rapa-mairie-box", world.identity)
    assert after.next_wireguard_private_key == ""
    assert public_key(after.wireguard_private_key) == done.current
    assert after.preshared_keys == preshared
    assert problems(world.vault, world.identity) == ()


def test_a_rotation_is_not_started_twice_nor_ended_without_start(world: World) -> None:
    vault = world.generated().vault
    with pytest.raises(SecretsError, match="no rotation of hub is under way"):
        vault.finish_rotation("hub", world.identity)
    vault.rotate("hub", world.identity)
    with pytest.raises(SecretsError, match="hub already has a next key"):
        vault.rotate("hub", world.identity)


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("rapa-mairie-bx", 'essai has no host "rapa-mairie-bx"; did you mean "rapa-mairie-box"?'),
        ("anaa-mairie-srv", "anaa-mairie-srv has no tunnel, so no WireGuard key"),
    ],
)
def test_a_host_without_keys_cannot_rotate(world: World, host: str, message: str) -> None:
    with pytest.raises(SecretsError) as caught:
        world.generated().vault.rotate(host, world.identity)
    assert message in str(caught.value)


def test_missing_file_is_a_sentence(world: World) -> None:
    with pytest.raises(SecretsError) as caught:
        world.vault.open("rapa", world.identity)
    assert str(caught.value) == (
        f"{world.folder}/secrets/rapa.age is missing: rapa has no secrets yet; make them with "
        '"mairie secrets generate"'
    )


def test_undecryptable_file_says_whose_it_is(world: World) -> None:
    world.generated()
    with pytest.raises(SecretsError) as caught:
        world.vault.open("rapa", world.stranger)
    message = str(caught.value)
    assert message.startswith(f"{world.folder}/secrets/rapa.age does not open with age1")
    assert "from stranger.txt; it is for age1" in message
    assert "(syndicate)" in message
    assert "mairie secrets recipients --apply" in message


@pytest.mark.parametrize("kept", [0, 10, 25, 120, 250, -1, -20])
def test_truncated_file_is_a_sentence(world: World, kept: int) -> None:
    path = world.generated().folder / "secrets" / "rapa.age"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SecretsError) as caught:
        world.vault.open("rapa", world.identity)
    assert str(path) in str(caught.value)
    assert "take it back from version control" in str(caught.value)


@pytest.mark.parametrize("step", range(0, 400, 37))
def test_a_changed_byte_is_a_sentence(world: World, step: int) -> None:
    path = world.generated().folder / "secrets" / "rapa.age"
    sealed = bytearray(path.read_bytes())
    sealed[step] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(SecretsError) as caught:
        world.vault.open("rapa", world.identity)
    assert str(path) in str(caught.value)


def test_recipients_follow_syndicate_and_technicians(world: World) -> None:
    world.generated()
    private, public = age_identity()
    newcomer = parse_identity(private.encode(), "new")
    before = world.territory.syndicate.recipients
    wider = world.with_recipients(*before, public)
    assert wider.vault.outdated() == ("hub", "anaa", "rapa")
    with pytest.raises(SecretsError):
        wider.vault.open("rapa", newcomer)
    assert wider.vault.reencrypt(world.identity) == ("hub", "anaa", "rapa")
    assert wider.vault.outdated() == ()
    assert wider.vault.open("rapa", newcomer).hosts
    assert wider.vault.reencrypt(world.identity) == ()
    narrower = world.with_recipients(public)
    narrower.vault.reencrypt(newcomer)
    with pytest.raises(SecretsError):
        narrower.vault.open("rapa", world.identity)


def test_reencrypt_writes_nothing_when_one_file_does_not_open(world: World) -> None:
    world.generated()
    _, public = age_identity()
    (world.folder / "secrets" / "rapa.age").write_bytes(b"age-encryption.org/v1\nrubbish")
    before = secrets_files(world)
    with pytest.raises(SecretsError):
        world.with_recipients(public).vault.reencrypt(world.identity)
    assert secrets_files(world) == before


def test_no_recipient_at_all_is_refused(world: World) -> None:
    with pytest.raises(SecretsError, match="essai has no recipient"):
        world.with_recipients().vault.generate(world.no_identity)


@pytest.mark.parametrize(
    "key",
    ["age1nonsense", "sk-ssh-ed25519@openssh.com AAAAGnNr", "ecdsa-sha2-nistp256 AAAA", "hello"],
)
def test_a_recipient_that_age_does_not_know_is_refused(world: World, key: str) -> None:
    with pytest.raises(SecretsError, match="of syndicate is not a key that can protect secrets"):
        world.with_recipients(key).vault.generate(world.no_identity)
    assert not (world.folder / "secrets").exists()


def test_an_ssh_key_opens_what_is_encrypted_to_it(world: World) -> None:
    private = Path(__file__).parents[3] / "inventories" / "demo" / "identity" / "hina-ssh"
    demo = world.with_recipients(SSH_KEY + " a comment", demo=True)
    demo.vault.generate(world.no_identity)
    identity = parse_identity(private.read_bytes(), "hina-ssh")
    assert demo.vault.open("rapa", identity).hosts


def test_problems_without_identity(world: World) -> None:
    world.generated()
    (world.folder / "secrets" / "rapa.age").unlink()
    keys = load_public_keys(world.folder)
    del keys["anaa-ecole-gw"]
    files.save_public_keys(world.folder, keys)
    found = {path.name: message for path, message in problems(world.vault, None)}
    assert set(found) == {"rapa.age", "public.yaml"}
    assert "rapa has no secrets yet" in found["rapa.age"]
    assert found["public.yaml"].startswith("anaa-ecole-gw has no public key")


def test_problems_with_identity_compares_the_two_halves(world: World) -> None:
    world.generated()
    keys = load_public_keys(world.folder)
    keys["hub"] = keys["rapa-mairie-box"]
    files.save_public_keys(world.folder, keys)
    ((path, message),) = problems(world.vault, world.identity)
    assert path.name == "public.yaml"
    assert message.startswith("the public key of hub is not that of its private key")


@pytest.mark.parametrize("name", ["public.yaml", "recipients.yaml", "others.yaml"])
@pytest.mark.parametrize("content", [b"- [", b"\xff\xfe", b"hub: 3", b"- 3", b"text"])
def test_a_damaged_clear_file_is_a_sentence(world: World, name: str, content: bytes) -> None:
    path = world.generated().folder / "secrets" / name
    path.write_bytes(content)
    readers = {
        "public.yaml": load_public_keys,
        "recipients.yaml": files.load_recipients,
        "others.yaml": files.load_others,
    }
    reader = readers[name]
    with pytest.raises(SecretsError, match="is not as mairie writes it"):
        reader(world.folder)


def test_a_failed_write_leaves_the_old_file_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.generated()
    before = secrets_files(world)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mairie.secrets.files.os.fsync", full)
    with pytest.raises(SecretsError, match=r"rapa.age cannot be written: no space left on device"):
        world.vault.rotate("rapa-mairie-box", world.identity)
    assert secrets_files(world) == before
