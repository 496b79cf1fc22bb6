"""``mairie people``: what a person or an access point needs, and nobody else gets to see."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mairie.cli.people import command
from mairie.cli.secrets import command as secrets
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.plan.resolve import resolve_host
from mairie.secrets.identity import find_identity
from mairie.secrets.vault import Vault

DEMO = Path(__file__).parents[3] / "inventories" / "demo"
BOX = "rapa-mairie-box"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Path(shutil.copytree(DEMO, tmp_path / "inventories" / "demo"))


def run(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "-i", str(demo)])


def rotate(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(secrets, ["rotate", *arguments, "-i", str(demo)])


def message(result: Result) -> str:
    assert isinstance(result.exception, MairieError), result.output
    return str(result.exception)


def facts(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    lines = (line.split(maxsplit=1) for line in result.stdout.splitlines())
    return {words[0]: words[1] for words in lines if len(words) == 2}


def secrets_of(demo: Path) -> dict[str, str]:
    """Return what the gateway would get."""
    territory = load(demo)
    identity = find_identity(demo, demo=True)
    return Vault(demo, territory).host_secrets(BOX, identity).others


def test_a_person_with_a_password(demo: Path) -> None:
    shown = facts(run(demo, "show", "rapa", "hina.teriitahi", "--yes"))
    assert set(shown) == {"login", "name", "server", "authority", "password"}
    assert shown["server"] == "radius.rapa.demo.example"


def test_a_certificate_goes_into_a_file_of_its_own(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "moana.p12"
    shown = facts(run(demo, "show", "rapa", "moana.tehei", "--yes", "-o", str(target)))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    key, certificate, (authority,) = pkcs12.load_key_and_certificates(
        target.read_bytes(), shown["passphrase"].encode()
    )
    assert key is not None
    assert certificate is not None
    assert certificate.subject.rfc4514_string() == "CN=moana.tehei"
    certificate.verify_directly_issued_by(authority)
    printed = run(demo, "authority", "rapa")
    assert x509.load_pem_x509_certificate(printed.stdout.encode()) == authority


@pytest.mark.parametrize("where", ["secrets/moana.p12", "../../there.p12"])
def test_where_it_does_not_go(demo: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "there.p12").write_text("kept")
    target = demo / where
    result = run(demo, "show", "rapa", "moana.tehei", "--yes", "-o", str(target))
    assert "is inside the inventory" in message(result) or "exists already" in message(result)
    assert (tmp_path / "there.p12").read_text() == "kept"


def test_a_person_without_a_certificate_has_no_file(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "hina.p12"
    result = run(demo, "show", "rapa", "hina.teriitahi", "--yes", "-o", str(target))
    assert message(result) == (
        "hina.teriitahi logs in with a password and has no certificate; leave out -o"
    )
    assert not target.exists()


@pytest.mark.parametrize(
    "words", [("show", "rapa", "hina.teriitahi"), ("access-point", BOX, "ap-hall")]
)
def test_nothing_is_printed_into_a_pipe(demo: Path, words: tuple[str, ...]) -> None:
    result = run(demo, *words)
    assert "only printed to a terminal" in message(result)
    assert result.stdout == ""


def test_an_access_point_gets_what_its_gateway_has(demo: Path) -> None:
    shown = run(demo, "access-point", BOX, "ap-hall", "--yes")
    wifi = resolve_host(load(demo), BOX).wifi
    assert wifi is not None
    assert shown.stdout.splitlines() == [
        f"RADIUS server  {wifi.address}",
        f"port           {wifi.port}",
        f"secret         {secrets_of(demo)['wifi-secret:ap-hall']}",
    ]
    assert 'did you mean "ap-hall"?' in message(run(demo, "access-point", BOX, "ap-hal", "--yes"))


def test_the_list_says_until_when(demo: Path) -> None:
    lines = run(demo, "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["rapa", "hina.teriitahi"],
        ["rapa", "moana.tehei"],
    ]
    assert lines[2].split()[-2] == "certificate"
    assert run(demo, "list", "rurutu").stdout.splitlines()[1:] == []
    assert message(run(demo, "list", "rappa")) == (
        "no commune is named rappa; there are: rapa, rurutu"
    )


def test_a_rotated_person_has_another_password(demo: Path) -> None:
    before = facts(run(demo, "show", "rapa", "hina.teriitahi", "--yes"))
    hashed = secrets_of(demo)["wifi-password:hina.teriitahi"]
    result = rotate(demo, "rapa", "--person", "hina.teriitahi")
    assert "mairie people show rapa hina.teriitahi" in result.stdout
    assert "mairie deploy rapa" in result.stdout
    after = facts(run(demo, "show", "rapa", "hina.teriitahi", "--yes"))
    assert after["password"] != before["password"]
    assert after["authority"] == before["authority"]
    assert secrets_of(demo)["wifi-password:hina.teriitahi"] != hashed


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ((BOX, "--access-point", "ap-hall"), {"wifi-secret:ap-hall"}),
        ((BOX, "--server"), {"wifi-certificate", "wifi-key", "wifi-revocations"}),
        (
            ("rapa", "--authority"),
            {"wifi-authority", "wifi-certificate", "wifi-key", "wifi-revocations"},
        ),
        (("rapa", "--person", "moana.tehei"), {"wifi-revocations"}),
    ],
)
def test_a_rotation_changes_that_and_nothing_else(
    demo: Path, words: tuple[str, ...], changed: set[str]
) -> None:
    before = secrets_of(demo)
    assert rotate(demo, *words).exit_code == 0
    after = secrets_of(demo)
    assert {name for name in after if after[name] != before.get(name)} == changed


def test_one_thing_is_rotated_at_a_time(demo: Path) -> None:
    result = rotate(demo, "rapa", "--authority", "--person", "hina.teriitahi")
    assert message(result) == "only one thing is rotated at a time; leave one option"


def test_generate_revokes_who_has_left(demo: Path) -> None:
    path = demo / "communes" / "rapa.yaml"
    text = path.read_text()
    kept = "".join(line for line in text.splitlines(keepends=True) if "moana" not in line)
    path.write_text(kept)
    done = CliRunner().invoke(secrets, ["generate", "-i", str(demo)])
    assert "revoked rapa: certificate of moana.tehei" in done.stdout.splitlines()
    assert "0 hosts with new secrets, 1 change of log-ins in" in done.stdout
