"""Whole-output tests: what each brick renders for the demo, compared with files beside the tests.

``pytest tests/render --update`` writes the expected files anew; read the difference before it is
committed: it is what changes on every host.
"""

import base64
import hashlib
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mairie.inventory.filter_lists import filter_lists
from mairie.inventory.terms import terms_of
from mairie.model.commune import Commune
from mairie.model.mail import Mail
from mairie.model.syndicate import Syndicate
from mairie.model.territory import PublicKeys, Territory
from mairie.paths import assets
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.voip import VoipPlan
from mairie.plan.parts.wifi import WifiPlan
from mairie.plan.resolve import resolve
from mairie.render import RenderedFile, render

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "inventories" / "demo"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write the expected files of tests/render anew"
    )


def _key(text: str) -> str:
    """Return something with the look of a WireGuard key, always the same for the same text."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _layer(path: Path) -> dict[str, object]:
    values = runpy.run_path(str(path))
    return {name: values[name] for name in values["__all__"]}


def demo_plans(
    change: Callable[[str], str] = str, certificate: str = "", mail: Mail | None = None
) -> dict[str, HostPlan]:
    """Plans of the demo's hosts by name, with public keys that follow from the names.

    Args:
        change: of the text of each commune's file.
        certificate: of the packages.
        mail: the syndicate's relay.

    """
    syndicate = Syndicate.model_validate(yaml.safe_load((DEMO / "syndicate.yaml").read_text()))
    communes = {
        path.stem: Commune.model_validate(yaml.safe_load(change(path.read_text())))
        for path in sorted((DEMO / "communes").glob("*.yaml"))
    }
    hosts = [*syndicate.hubs] + [
        f"{name}-{site}-{host}"
        for name, commune in communes.items()
        for site, described in commune.sites.items()
        for host in described.hosts
    ]
    return resolve(
        Territory(
            name="demo",
            syndicate=syndicate.model_copy(update={"mail": mail}),
            communes=communes,
            layers={path.stem: _layer(path) for path in sorted((ROOT / "group_data").glob("*.py"))},
            public_keys={name: PublicKeys(current=_key(f"public {name}")) for name in hosts},
            terms=terms_of(DEMO, communes, []),
            filter_lists=filter_lists(DEMO, []),
            package_certificate=certificate,
        )
    )


@pytest.fixture(scope="session")
def demo() -> dict[str, HostPlan]:
    """Resolve the demo once."""
    return demo_plans()


def secrets_of(plan: HostPlan) -> HostSecrets:
    """Return secrets that protect nothing, always the same for the same host."""
    peers = plan.vpn.peers if plan.vpn else ()
    return HostSecrets(
        wireguard_private_key=_key(f"private {plan.name}"),
        preshared_keys={
            peer.name: _key("preshared " + " ".join(sorted((plan.name, peer.name))))
            for peer in peers
            if peer.preshared
        },
        others=_others(plan),
    )


def _others(plan: HostPlan) -> dict[str, str]:
    kinds = ("backup-password", "backup-credential")
    kept = plan.store.hosts if plan.store else ()
    names = ["backup-store-password"] if plan.store else [*kinds]
    names += [f"{kind}:{each.name}" for each in kept for kind in kinds]
    owner = {name: name if ":" in name else f"{name}:{plan.name}" for name in names}
    found = {name: _key(owner[name]).rstrip("=") for name in names}
    if plan.voip:
        found |= _telephones(plan.voip)
    if plan.mail:
        found["mail-relay"] = _key("mail-relay")[:19]
    return found | (_wifi(plan.wifi) if plan.wifi else {})


def _telephones(voip: VoipPlan) -> dict[str, str]:
    found = {f"sip-{each.name}": _key(f"sip {each.name}")[:19] for each in voip.extensions}
    found |= {f"voicemail-{each.name}": "246810" for each in voip.extensions if each.voicemail}
    if voip.certificate:
        kinds = {"authority": "CERTIFICATE", "certificate": "CERTIFICATE", "key": "PRIVATE KEY"}
        found |= {
            f"phones:{name}": f"-----BEGIN {kind}-----\n{_key(name)}\n-----END {kind}-----\n"
            for name, kind in kinds.items()
        }
    return found | {f"trunk-{each.name}": _key(f"trunk {each.name}")[:19] for each in voip.trunks}


def _wifi(wifi: WifiPlan) -> dict[str, str]:
    pem = {"authority": "CERTIFICATE", "revocations": "X509 CRL", "certificate": "CERTIFICATE"}
    pem["key"] = "PRIVATE KEY"
    found = {
        f"wifi-{name}": f"-----BEGIN {kind}-----\n{_key(name)}\n-----END {kind}-----\n"
        for name, kind in pem.items()
    }
    for point in wifi.access_points:
        found[f"wifi-secret:{point.name}"] = _key(f"wifi-secret {point.name}").rstrip("=")
    if wifi.radios:
        found["wifi-secret:own_radios"] = _key("wifi-secret own_radios").rstrip("=")
        found["wifi-roaming"] = hashlib.sha256(b"roaming").hexdigest()
    if any(radio.for_lessons for radio in wifi.radios):
        found["wifi-lessons"] = hashlib.sha256(b"code of the teachers").hexdigest()
    for network in (network for radio in wifi.radios for network in radio.networks):
        if network.security == "personal":
            found[f"wifi-network:{network.name}"] = _key(f"network {network.name}")[:19]
        for device in network.devices:
            found[f"wifi-device:{device.name}"] = _key(f"device {device.name}")[:19]
    for person in wifi.people:
        digest = hashlib.sha256(person.login.encode()).hexdigest()[:32].upper()
        if person.password:
            found[f"wifi-password:{person.login}"] = digest
    return found


@pytest.fixture
def rendered(demo: dict[str, HostPlan]) -> Callable[[str, str], dict[str, RenderedFile]]:
    """Render one brick of one demo host: ``rendered("base", "hub")`` gives files by path."""

    def run(brick: str, host: str) -> dict[str, RenderedFile]:
        plan = demo[host]
        return {file.path: file for file in render(plan, secrets_of(plan), brick)}

    return run


def _listing(files: dict[str, RenderedFile]) -> str:
    lines = [
        f"{file.mode} {file.owner}:{file.group} {file.path}"
        + (" secret" if file.secret else "")
        + (f"  # {' '.join(file.check)}" if file.check else "")
        for file in files.values()
    ]
    return "\n".join(lines) + "\n"


def _is_copied(brick: str, file: RenderedFile) -> bool:
    source = assets().templates / brick / file.path.lstrip("/")
    return source.suffix == ".py" and source.exists() and source.read_text() == file.text


Files = dict[str, RenderedFile]


@pytest.fixture
def compare(
    request: pytest.FixtureRequest, rendered: Callable[[str, str], Files]
) -> Callable[..., None]:
    """Compare the files of a brick on a demo host with ``<brick>/expected/<host>/``.

    ``FILES`` there lists mode, owner and check of each file, in the order they are placed. Modules
    that are copied as they stand are in that list alone.
    """

    def run(brick: str, host: str) -> None:
        folder = Path(__file__).parent / brick / "expected" / host
        files = rendered(brick, host)
        texts = {"FILES": _listing(files)}
        texts |= {
            path.lstrip("/"): file.text
            for path, file in files.items()
            if not _is_copied(brick, file)
        }
        if request.config.getoption("--update"):
            for old in [path for path in folder.rglob("*") if path.is_file()]:
                old.unlink()
            for name, text in texts.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        expected = {
            str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*")
            if path.is_file()
        }
        assert sorted(texts) == sorted(expected), "run pytest tests/render --update"
        for name, text in texts.items():
            assert text == expected[name], f"{folder / name} differs"

    return run
