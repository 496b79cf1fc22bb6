import configparser
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mairie.cli.peer import command
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.plan.resolve import resolve_host
from mairie.secrets.keys import new_key_pair, public_key

DEMO = Path(__file__).parents[3] / "inventories" / "demo"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "inventories" / "demo"))


def run(demo: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "-i", str(demo)])


def message(result: Result) -> str:
    assert isinstance(result.exception, MairieError), result.output
    return str(result.exception)


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class AsWritten(configparser.ConfigParser):
    """Names of settings keep their capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def config(text: str) -> dict[str, dict[str, str]]:
    parser = AsWritten()
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_both_ends_of_a_new_peer_agree(demo: Path) -> None:
    result = run(demo, "add", "tablet", "--label", "Tablette de l'élu")
    assert result.exit_code == 0, result.output
    shown = config(result.stdout)
    hub = resolve_host(load(demo), "hub")
    assert hub.vpn is not None
    (peer,) = (peer for peer in hub.vpn.peers if peer.name == "peer-tablet")
    assert public_key(shown["Interface"]["PrivateKey"]) == peer.public_key
    assert shown["Interface"]["Address"].split(", ") == [*peer.allowed_ipv4, *peer.allowed_ipv6]
    assert shown["Interface"]["DNS"] == (f"{hub.vpn.hub_ipv4}, {hub.vpn.hub_ipv6}, demo.example")
    assert shown["Peer"] == {
        "PublicKey": hub.vpn.public_key,
        "Endpoint": "hub.demo.example:51820",
        "AllowedIPs": "10.0.0.0/8, fd6d:6169:7269::/48",
        "PersistentKeepalive": "25",
    }
    assert "mairie deploy hub" in result.stderr


def test_the_private_key_is_kept_nowhere(demo: Path) -> None:
    before = snapshot(demo)
    result = run(demo, "add", "tablet")
    private = config(result.stdout)["Interface"]["PrivateKey"].encode()
    after = snapshot(demo)
    assert all(private not in content for content in after.values())
    changed = [path.name for path in after if after[path] != before.get(path)]
    assert changed == ["syndicate.yaml"]


def test_comments_and_order_stay_and_revoking_undoes(demo: Path) -> None:
    path = demo / "syndicate.yaml"
    before = path.read_text()
    run(demo, "add", "tablet", "--label", "T")
    added = path.read_text()
    assert [line for line in added.splitlines() if line in before.splitlines()] == (
        before.splitlines()
    )
    assert run(demo, "revoke", "tablet").exit_code == 0
    assert path.read_text() == before


def test_a_public_key_made_on_the_device_is_enough(demo: Path) -> None:
    key = new_key_pair().public
    result = run(demo, "add", "laptop", "--public-key", key)
    assert config(result.stdout)["Interface"]["PrivateKey"].startswith("<")
    assert load(demo).syndicate.peers["laptop"].wireguard == key


def test_qr_code_replaces_the_text(demo: Path) -> None:
    result = run(demo, "add", "tablet", "--qr")
    assert "█" in result.stdout
    assert "PrivateKey" not in result.stdout
    key = new_key_pair().public
    assert "leave one of the two out" in message(
        run(demo, "add", "laptop", "--qr", "--public-key", key)
    )


def test_output_file_is_private_and_never_in_the_inventory(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "tablet.conf"
    result = run(demo, "add", "tablet", "-o", str(target))
    assert result.stdout == ""
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "PrivateKey" in target.read_text()
    before = snapshot(demo)
    assert "inside the inventory" in message(run(demo, "add", "x", "-o", str(demo / "x.conf")))
    assert "exists already" in message(run(demo, "add", "x", "-o", str(target)))
    assert "is not a folder" in message(run(demo, "add", "x", "-o", str(tmp_path / "no" / "x")))
    assert snapshot(demo) == before


def test_a_technician_is_revoked_and_comes_back_with_another_address(demo: Path) -> None:
    assert run(demo, "revoke", "hina").exit_code == 0
    territory = load(demo)
    assert territory.syndicate.technicians["hina"].wireguard is None
    assert territory.syndicate.technicians["hina"].ssh_keys
    result = run(demo, "add", "hina")
    assert config(result.stdout)["Interface"]["Address"].startswith("10.0.240.4/32")
    assert load(demo).syndicate.technicians["hina"].index == 4


def test_the_last_peer_goes_with_its_section(demo: Path) -> None:
    assert run(demo, "revoke", "phone-hina").exit_code == 0
    assert "peers:" not in (demo / "syndicate.yaml").read_text()
    assert load(demo).syndicate.peers == {}
    assert run(demo, "add", "phone-hina").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("add", "Tablet"), '"Tablet" is not a name for a peer'),
        (("add", "phone-hina"), '"phone-hina" already is a VPN peer'),
        (("add", "moana"), '"moana" already is a VPN peer'),
        (("add", "x", "--public-key", "short"), "--public-key is not a WireGuard public key"),
        (
            ("add", "x", "--public-key", "/OuyxFzM+fWEdwlrhQhQZTCzj+M0IkQ9utymItXLQ18="),
            'already is that of "phone-hina"',
        ),
        (("add", "x", "--label", "y" * 81), "syndicate.yaml"),
        (("revoke", "nobody"), 'demo has no peer "nobody"; there are: hina, moana, phone-hina'),
    ],
)
def test_refusals_change_nothing(demo: Path, arguments: tuple[str, ...], expected: str) -> None:
    before = snapshot(demo)
    assert expected in message(run(demo, *arguments))
    assert snapshot(demo) == before


def test_when_the_last_index_is_taken_the_first_free_one_is_used(demo: Path) -> None:
    path = demo / "syndicate.yaml"
    text = path.read_text().replace("    index: 10\n", "    index: 250\n")
    path.write_text(text)
    assert run(demo, "add", "one").exit_code == 0
    assert load(demo).syndicate.peers["one"].index == 2


def test_peers_in_braces_are_left_to_the_person(demo: Path) -> None:
    path = demo / "syndicate.yaml"
    start, rest = path.read_text().split("peers:\n")
    end = rest[rest.index("recipients:") :]
    text = (
        start
        + "peers: {phone: {label: P, index: 10, "
        + "wireguard: /OuyxFzM+fWEdwlrhQhQZTCzj+M0IkQ9utymItXLQ18=}}\n"
        + end
    )
    path.write_text(text)
    assert "written in braces" in message(run(demo, "add", "tablet"))
    assert path.read_text() == text


def test_list_names_every_peer_with_its_addresses(demo: Path) -> None:
    result = run(demo, "list")
    for part in (
        "hina",
        "technician",
        "phone-hina",
        "10.0.224.10",
        "fd6d:6169:7269:e0::a",
        "/OuyxFzM+fWEdwlrhQhQZTCzj+M0IkQ9utymItXLQ18=",
    ):
        assert part in result.stdout


def test_without_the_hubs_key_there_is_no_configuration(demo: Path) -> None:
    (demo / "secrets" / "public.yaml").unlink()
    before = snapshot(demo)
    assert "hub has no public key yet" in message(run(demo, "add", "tablet"))
    assert snapshot(demo) == before
