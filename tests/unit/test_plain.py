import runpy
import shutil
from pathlib import Path

import pytest

from mairie.host import deploy
from mairie.inventory.load import load
from mairie.plain import hosts_and_groups
from mairie.plan.codec import from_builtins
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.resolve import resolve

INVENTORIES = Path(__file__).parents[2] / "inventories"


@pytest.fixture(autouse=True)
def no_identity_of_my_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAIRIE_IDENTITY", "MAIRIE_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_every_host_has_its_plan_and_secrets() -> None:
    names = runpy.run_path(str(INVENTORIES / "demo.py"))
    plans = resolve(load(INVENTORIES / "demo"))
    hosts = dict(names["all"])
    assert list(hosts) == list(plans)
    for name, data in hosts.items():
        assert from_builtins(data[deploy.PLAN_KEY], HostPlan) == plans[name]
        secrets = from_builtins(data[deploy.SECRETS_KEY], HostSecrets)
        assert bool(secrets.wireguard_private_key) == (plans[name].vpn is not None)
        assert data["ssh_hostname"] == plans[name].fqdn


def test_groups_are_communes_archipelagos_islands_and_roles() -> None:
    names = runpy.run_path(str(INVENTORIES / "demo.py"))
    assert names["rurutu"] == ["rurutu-mairie-gw", "rurutu-mairie-srv", "rurutu-ecole-gw"]
    assert names["australes"] == ["rapa-mairie-box", *names["rurutu"]]
    assert names["gateway"] == ["rapa-mairie-box", "rurutu-mairie-gw", "rurutu-ecole-gw"]
    assert names["server"] == ["rapa-mairie-box", "rurutu-mairie-srv"]
    assert names["hub"] == ["hub"]


@pytest.mark.parametrize("territory", ["polynesie", "alesia"])
def test_the_reference_territories_too(territory: str) -> None:
    names = runpy.run_path(str(INVENTORIES / f"{territory}.py"))
    assert len(names["all"]) == len(resolve(load(INVENTORIES / territory)))


def test_a_bad_inventory_ends_with_its_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(INVENTORIES / "demo", tmp_path / "demo"))
    path = folder / "communes" / "rapa.yaml"
    path.write_text(path.read_text().replace("Pacific/Tahiti", "Pacific/Tahitii"))
    with pytest.raises(SystemExit) as caught:
        hosts_and_groups(str(tmp_path / "demo.py"))
    assert caught.value.code == 2
    assert "rapa.yaml:6: timezone: unknown time zone" in capsys.readouterr().err
