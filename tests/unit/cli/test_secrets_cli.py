import json
import shutil
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result

from mairie.cli.secrets import command
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.plan.resolve import resolve_host

DEMO = Path(__file__).parents[3] / "inventories" / "demo"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Path(shutil.copytree(DEMO, tmp_path / "inventories" / "demo"))


def run(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "-i", str(demo)])


def message(result: Result) -> str:
    assert isinstance(result.exception, MairieError), result.output
    return str(result.exception)


def test_generate_makes_what_is_missing_only(demo: Path) -> None:
    kept = (demo / "secrets" / "rapa.age").read_bytes()
    (demo / "secrets" / "rurutu.age").unlink()
    text = (demo / "secrets" / "public.yaml").read_text()
    result = run(demo, "generate")
    assert result.exit_code == 0
    assert "made    rurutu-ecole-gw" in result.output
    assert "made    rurutu-mairie-gw" in result.output
    assert "made    rurutu-mairie-srv" in result.output
    assert "3 hosts with new secrets" in result.output
    assert (demo / "secrets" / "rapa.age").read_bytes() == kept
    assert (demo / "secrets" / "public.yaml").read_text() != text
    assert "0 hosts" in run(demo, "generate").output


def test_generate_for_one_commune(demo: Path) -> None:
    for name in ("rapa", "rurutu"):
        (demo / "secrets" / f"{name}.age").unlink()
    run(demo, "generate", "rapa")
    assert (demo / "secrets" / "rapa.age").exists()
    assert not (demo / "secrets" / "rurutu.age").exists()
    assert 'did you mean "rapa"' in message(run(demo, "generate", "rappa"))


def test_rotation_from_end_to_end(demo: Path) -> None:
    before = load(demo).public_keys["rapa-mairie-box"]
    result = run(demo, "rotate", "rapa-mairie-box")
    assert "mairie deploy hub rapa-mairie-box" in result.output
    assert "mairie secrets rotate --finish rapa-mairie-box" in result.output
    staged = load(demo).public_keys["rapa-mairie-box"]
    assert staged.current == before.current
    hub = resolve_host(load(demo), "hub").vpn
    assert hub is not None
    (peer,) = (peer for peer in hub.peers if peer.name == "rapa-mairie-box")
    assert (peer.public_key, peer.next_public_key) == (staged.current, staged.next)
    assert run(demo, "rotate", "--finish", "rapa-mairie-box").exit_code == 0
    after = load(demo).public_keys["rapa-mairie-box"]
    assert (after.current, after.next) == (staged.next, None)


def test_rotating_the_hub_names_everything_that_must_follow(demo: Path) -> None:
    result = run(demo, "rotate", "hub")
    assert "mairie deploy hub rapa rurutu" in result.output
    assert "hina, moana, phone-hina" in result.output


def test_show_refuses_a_pipe(demo: Path) -> None:
    assert "only printed to a terminal" in message(run(demo, "show", "rapa"))
    shown = json.loads(run(demo, "show", "rapa", "--yes").output)
    entry = shown["hosts"]["rapa-mairie-box"]
    assert len(entry["wireguard_private_key"]) == len(entry["preshared_key"]) == 44


def test_recipients_lists_then_applies(demo: Path, tmp_path: Path) -> None:
    assert "every file is encrypted to exactly these" in run(demo, "recipients").output
    key = pyrage.x25519.Identity.generate()
    path = demo / "syndicate.yaml"
    kept = "  - age1agegfw80jjwd2m4wtflvafuqhhq96cz5rk4vs5vrvrzv2dwcrymqhwvjt7  # the demo identity"
    assert kept in path.read_text()
    path.write_text(path.read_text().replace(kept, f"  - {key.to_public()}"))
    listed = run(demo, "recipients")
    assert "not encrypted to exactly these: hub, rapa, rurutu" in listed.output
    applied = run(demo, "recipients", "--apply")
    assert "3 files encrypted anew: hub, rapa, rurutu" in applied.output
    assert "is no longer a recipient" in applied.output
    assert "does not open with" in message(run(demo, "show", "rapa", "--yes"))
    identity = tmp_path / "mine.txt"
    identity.write_text(str(key))
    assert run(demo, "show", "rapa", "--yes", "--identity", str(identity)).exit_code == 0


def test_the_demo_identity_is_refused_once_the_territory_is_real(demo: Path) -> None:
    path = demo / "syndicate.yaml"
    path.write_text(path.read_text().replace("demo: true ", "demo: false"))
    assert "its private key is published" in message(run(demo, "recipients"))
    identity = str(demo / "identity" / "demo-identity.txt")
    for arguments in (("show", "rapa", "--yes"), ("rotate", "rapa-mairie-box")):
        result = run(demo, *arguments, "--identity", identity)
        assert "its private key is published" in message(result)
    (demo / "secrets" / "rapa.age").unlink()
    assert "its private key is published" in message(run(demo, "generate"))
    assert not (demo / "secrets" / "rapa.age").exists()
