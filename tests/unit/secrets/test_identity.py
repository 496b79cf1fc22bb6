from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mairie.secrets import DemoIdentityError, IdentityMissingError, SecretsError
from mairie.secrets.check import problems
from mairie.secrets.identity import find_identity, parse_identity, read_identity
from mairie.secrets.keys import public_key
from mairie.secrets.recipients import DEMO_RECIPIENTS, DEMO_WIREGUARD
from tests.unit.secrets.conftest import DEMO, SSH_KEY, World, age_identity

DEMO_FILE = DEMO / "identity" / "demo-identity.txt"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_option_comes_before_environment_before_usual_file(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    keys = [age_identity() for _ in range(4)]
    written(tmp_path / "config" / "mairie" / "identity", keys[3][0])
    environ["MAIRIE_AGE_KEY"] = keys[2][0]

    def found(option: Path | None = None) -> str:
        (key,) = find_identity(tmp_path, demo=False, environ=environ, option=option).keys
        return key.public

    assert found() == keys[2][1]
    environ["MAIRIE_IDENTITY"] = str(written(tmp_path / "env.txt", f"# mine\n{keys[1][0]}\n"))
    assert found() == keys[1][1]
    assert found(option=written(tmp_path / "option.txt", keys[0][0])) == keys[0][1]
    del environ["MAIRIE_IDENTITY"], environ["MAIRIE_AGE_KEY"]
    assert found() == keys[3][1]


def test_none_at_all_says_the_ways(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(IdentityMissingError) as caught:
        find_identity(tmp_path, demo=False, environ=environ)
    for way in ("--identity FILE", "MAIRIE_IDENTITY", "MAIRIE_AGE_KEY", "config/mairie/identity"):
        assert way in str(caught.value)


def test_the_demo_finds_its_own_identity_and_no_other_territory_does(
    environ: dict[str, str],
) -> None:
    (key,) = find_identity(DEMO, demo=True, environ=environ).keys
    assert key.public in DEMO_RECIPIENTS
    neighbour = find_identity(DEMO.parent / "polynesie", demo=True, environ=environ)
    assert neighbour.keys[0].public == key.public
    with pytest.raises(IdentityMissingError):
        find_identity(DEMO, demo=False, environ=environ)


def test_published_identities_are_those_that_the_code_refuses() -> None:
    published = {
        key.public
        for name in ("demo-identity.txt", "hina-ssh")
        for key in read_identity(DEMO / "identity" / name).keys
    }
    assert published == DEMO_RECIPIENTS
    private = (DEMO / "identity" / "hina-wireguard.key").read_text().strip()
    assert public_key(private) == DEMO_WIREGUARD
    assert DEMO_FILE.read_text().startswith("# DEMO IDENTITY")


@pytest.mark.parametrize("name", ["demo-identity.txt", "hina-ssh"])
def test_demo_identity_does_not_open_a_real_territory(world: World, name: str) -> None:
    world.generated()
    with pytest.raises(DemoIdentityError, match="its private key is published with mairie"):
        world.vault.open("rapa", read_identity(DEMO / "identity" / name))


@pytest.mark.parametrize("key", sorted(DEMO_RECIPIENTS))
def test_nothing_real_is_encrypted_to_the_demo_identity(world: World, key: str) -> None:
    real = world.with_recipients(*world.territory.syndicate.recipients, key + " renamed")
    with pytest.raises(DemoIdentityError, match="essai is not marked as a demo"):
        real.vault.generate(world.no_identity)
    assert not (world.folder / "secrets").exists()


@pytest.mark.parametrize(
    "published", [{"ssh_keys": (SSH_KEY,)}, {"index": 2, "wireguard": DEMO_WIREGUARD}]
)
def test_nobody_logs_in_to_a_real_territory_with_a_published_key(
    world: World, published: dict[str, object]
) -> None:
    syndicate = world.territory.syndicate
    ana = syndicate.technicians["ana"].model_copy(update=published)
    syndicate = syndicate.model_copy(update={"technicians": {"ana": ana}})
    world.territory = replace(world.territory, syndicate=syndicate)
    ((path, sentence),) = problems(world.generated().vault, world.identity)
    assert path.name == "syndicate.yaml"
    assert sentence.startswith("technicians.ana has a key of the demo")
    demo = world.with_recipients(*syndicate.recipients, demo=True)
    assert problems(demo.vault, world.identity) == ()


def test_a_demo_territory_uses_it(world: World) -> None:
    demo = world.with_recipients(*sorted(DEMO_RECIPIENTS), demo=True)
    demo.vault.generate(world.no_identity)
    assert demo.vault.all_secrets(read_identity(DEMO_FILE))


def ssh_key(passphrase: bytes | None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption
    )


def test_ssh_key_with_passphrase_is_opened_in_memory() -> None:
    content = ssh_key(b"sesame")
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "sesame"

    (key,) = parse_identity(content, "id_ed25519", ask=ask).keys
    assert key.public.startswith("ssh-ed25519 ")
    assert asked == ["Passphrase of id_ed25519"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "identity x holds no key; make one with age-keygen"),
        (b"# only a comment\n", "identity x holds no key"),
        (b"AGE-SECRET-KEY-1NONSENSE", "identity x is not one that mairie knows"),
        (b"AGE-PLUGIN-YUBIKEY-1Q", "identity x is not one that mairie knows"),
        (b"\xff\xfe\x00", "identity x is not one that mairie knows"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nxx", "identity x is not a usable SSH private key"),
        (b"age-encryption.org/v1\n-> scrypt", "identity x is itself encrypted"),
        (ssh_key(b"sesame"), "identity x is protected by a passphrase and there is no terminal"),
    ],
)
def test_a_bad_identity_is_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(SecretsError) as caught:
        parse_identity(content, "x")
    assert message in str(caught.value)


def test_wrong_passphrase_is_a_sentence() -> None:
    with pytest.raises(SecretsError, match="the passphrase does not open identity x"):
        parse_identity(ssh_key(b"sesame"), "x", ask=lambda _: "wrong")


def test_unreadable_identity_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="cannot be read: no such file or directory"):
        read_identity(tmp_path / "nowhere")
    with pytest.raises(SecretsError, match="cannot be read: is a directory"):
        read_identity(tmp_path)


def test_private_keys_are_never_shown() -> None:
    private, public = age_identity()
    identity = parse_identity(private.encode(), "x")
    for text in (repr(identity), str(identity), repr(identity.keys[0])):
        assert private not in text
    assert public[-8:] in str(identity)
