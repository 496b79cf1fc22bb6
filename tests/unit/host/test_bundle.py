from __future__ import annotations

import dataclasses
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mairie import bundle
from mairie.archive import digest_of, pack, unpack
from mairie.bundle import Manifest, make_bundle, read_bundle, read_manifest
from mairie.paths import assets
from mairie.plan.codec import from_json
from mairie.plan.host import HostPlan, HostSecrets
from tests.unit.host.plans import SECRET, a_plan, some_secrets


def test_same_input_same_bytes_and_any_change_shows() -> None:
    one = make_bundle(a_plan(), some_secrets())
    bundle._common_files.cache_clear()
    two = make_bundle(a_plan(), some_secrets())
    assert one.archive.data == two.archive.data
    assert one.archive.digest == two.archive.digest == digest_of(one.archive.data)
    other_plan = make_bundle(a_plan(timezone="Pacific/Gambier"), some_secrets())
    other_secret = make_bundle(a_plan(), HostSecrets(wireguard_private_key="x"))
    digests = {one.archive.digest, other_plan.archive.digest, other_secret.archive.digest}
    assert len(digests) == 3


def test_it_holds_what_the_host_needs() -> None:
    files = unpack(make_bundle(a_plan(), some_secrets()).archive.data)
    assert from_json(files["plan.json"], HostPlan) == a_plan()
    assert from_json(files["secrets.json"], HostSecrets) == some_secrets()
    program = "templates/backup/usr/local/lib/mairie/mairie_restic.py"
    for name in ("deploys/site.py", "mairie/host/apply.py", "mairie/host/verify.py", program):
        assert name in files
    elsewhere = ("mairie/model", "mairie/cli", "templates/report")
    assert not [name for name in files if "__pycache__" in name or name.startswith(elsewhere)]
    assert SECRET.encode() not in b"".join(v for k, v in files.items() if k != "secrets.json")


def test_manifest() -> None:
    data = make_bundle(a_plan(), some_secrets()).archive.data
    manifest = read_manifest(data)
    assert (manifest.host, manifest.territory) == ("rapa-mairie-gw", "demo")
    with pytest.raises(ValueError, match="not an archive made by mairie"):
        read_manifest(b"nonsense")
    with pytest.raises(ValueError, match="not a bundle made by mairie"):
        read_manifest(pack({"manifest.json": msgspec.json.encode({"host": 1})}).data)
    assert manifest == msgspec.json.decode(unpack(data)["manifest.json"], type=Manifest)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "rapa.mairie"
    target.write_bytes(b"old")
    target.chmod(0o666)
    made = make_bundle(a_plan(), some_secrets())
    made.write(target)
    assert target.read_bytes() == made.archive.data
    assert read_bundle(target) == made
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["rapa.mairie"]


BARE_IMPORT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pydantic", "netaddr", "docker", "rich", "yaml", "pyrage"}:
            raise ImportError(f"{name} is not on a host")
sys.meta_path.insert(0, Refuse())
import importlib
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


def test_all_its_code_loads_without_what_a_host_lacks(tmp_path: Path) -> None:
    files = unpack(make_bundle(a_plan(), some_secrets()).archive.data)
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in files
        if name.startswith("mairie/") and name.endswith(".py")
    ]
    assert "mairie.render" in modules
    done = subprocess.run(
        [sys.executable, "-P", "-c", BARE_IMPORT, "mairie.host.apply", *modules],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_archives_do_not_depend_on_the_order_of_files() -> None:
    files = {"b": b"2", "a/c": b"1"}
    assert pack(files) == pack(dict(reversed(files.items())))
    assert unpack(pack(files).data) == files
    assert pack(files).digest != pack({**files, "b": b"3"}).digest


def test_assets_are_those_of_the_checkout() -> None:
    found = assets()
    for field in dataclasses.fields(found):
        assert getattr(found, field.name).exists(), field.name
