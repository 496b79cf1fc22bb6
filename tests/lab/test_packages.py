"""Packages of the hub with the real apt: what the syndicate signed is installed, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mairie.errors import MairieError
from mairie.files import base, hub
from mairie.lab.containers import Lab, Node
from mairie.packages import publish as publishing
from mairie.packages.publish import archive, publish
from mairie.packages.repository import INDEX, SIGNED, repository
from mairie.plan.host import HostPlan
from mairie.plan.parts.packages import PackageSource
from mairie.render import render
from mairie.secrets.signing import new_signing_key
from mairie.transport import Docker
from tests.render.conftest import demo_plans, secrets_of
from tests.unit.packages.debs import control, deb

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

KEY = new_signing_key("Essai")
STRANGER = new_signing_key("Essai")
SOURCE = PackageSource(
    address="127.0.0.1", port=8001, certificate=KEY.certificate, names=("bell", "nothing-else")
)
NAME = "bell_1.0_amd64.deb"
FILES = repository({NAME: deb()}, KEY.private)
INSTALL = "apt-get install -y -q bell 2>&1"
FORGET = "dpkg --purge bell >/dev/null 2>&1; rm -rf /var/lib/apt/lists/*8001* && apt-get -q clean"
ONLY = f"-o Dir::Etc::SourceList={base.SOURCE} -o Dir::Etc::SourceParts=/dev/null"
UPDATE = f"apt-get -q update {ONLY} -o APT::Get::List-Cleanup=0 2>&1"


def with_source(plan: HostPlan, brick: str, *paths: str) -> dict[str, bytes]:
    """Return what a brick renders for a host that has packages of the hub."""
    files = render(replace(plan, packages=SOURCE), secrets_of(plan), brick)
    return {file.path: file.text.encode() for file in files if file.path in paths}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    plan = demo_plans()["hub"]
    with Lab("test-packages") as running:
        running.up([Node("hub", "host", ())])
        sh(
            running,
            "apt-get -q update && apt-get install -y -q --no-install-recommends nginx-light",
        )
        running.put("hub", with_source(plan, "hub", hub.SITE))
        running.put("hub", with_source(plan, "hub", hub.CHECK_SITE), 0o755)
        running.put("hub", with_source(plan, "base", base.SOURCE, base.PINS))
        sh(running, f"{hub.CHECK_SITE} {hub.SITE} && systemctl reload-or-restart nginx")
        yield running


def sh(lab: Lab, script: str) -> str:
    return lab.check("hub", ["sh", "-c", script], timeout=120)


def fails(lab: Lab, script: str) -> str:
    done = lab.exec("hub", ["sh", "-c", script], timeout=120)
    assert done.exit_code, done.stdout
    return done.stdout + done.stderr


def serve(lab: Lab, files: dict[str, bytes]) -> None:
    publish("hub", Docker(lab.container("hub")), files)
    lab.exec("hub", ["sh", "-c", FORGET])


def test_before_anything_is_published_apt_waits(lab: Lab) -> None:
    assert "503" in sh(lab, UPDATE)
    assert "503" in sh(lab, "apt-get -q update 2>&1")
    assert "Unable to locate package bell" in fails(lab, INSTALL)


def test_what_the_syndicate_signed_is_installed(lab: Lab) -> None:
    serve(lab, FILES)
    assert "W:" not in sh(lab, UPDATE)
    policy = sh(lab, "apt-cache policy bell")
    assert f"     1.0 500\n         -1 {SOURCE.url} ./ Packages\n" in policy
    sh(lab, INSTALL)
    assert sh(lab, "cat /usr/share/bell") == "dring\n"


def changed(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    """Change one bit in the middle of a file."""
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    return {**files, name: bytes(content)}


def test_a_package_with_one_bit_changed_is_refused(lab: Lab) -> None:
    serve(lab, changed(FILES, NAME))
    sh(lab, UPDATE)
    assert "Hash Sum mismatch" in fails(lab, INSTALL)
    assert lab.exec("hub", ["dpkg", "-s", "bell"]).exit_code


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (lambda: changed(FILES, INDEX), "Hash Sum mismatch"),
        (
            lambda: {**FILES, SIGNED: FILES[SIGNED].replace(b"Label: mairie", b"Label: mairle")},
            "(?i)verif|bad",
        ),
        (lambda: repository({NAME: deb()}, STRANGER.private), "(?i)verif|Missing key"),
        (lambda: {INDEX: FILES[INDEX], NAME: FILES[NAME]}, "503"),
    ],
    ids=["index", "signature", "stranger", "unsigned"],
)
def test_anything_else_is_not_known_to_apt(
    lab: Lab, served: Callable[[], dict[str, bytes]], said: str
) -> None:
    serve(lab, served())
    told = lab.exec("hub", ["sh", "-c", UPDATE], timeout=120).stdout
    assert re.search(said, told), told
    fails(lab, INSTALL)


def test_packages_that_nobody_declared_are_not_installed(lab: Lab) -> None:
    other = deb(control("bash", version="99"), files={})
    serve(lab, repository({NAME: deb(), "bash_99_amd64.deb": other}, KEY.private))
    sh(lab, UPDATE)
    policy = sh(lab, "apt-cache policy bash")
    assert "\n  Candidate: 99\n" not in policy
    assert "     99 -1\n" in policy


def test_it_is_read_only_and_whole(lab: Lab) -> None:
    serve(lab, FILES)
    url = f"{SOURCE.url}/{NAME}"
    script = (
        "import sys, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(urllib.request.Request(sys.argv[1], b'x', method='PUT'))\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    assert lab.check("hub", ["python3", "-c", script, url]) == "403\n"
    before = sh(lab, f"readlink {hub.CURRENT}")
    whole = archive(FILES)
    cut = whole[:1000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "archive", lambda _: cut)
        with pytest.raises(MairieError, match="hub did not take the packages: "):
            publish("hub", Docker(lab.container("hub")), FILES)
    assert sh(lab, f"readlink {hub.CURRENT}") == before
    assert sh(lab, f"ls {hub.PACKAGES}").split() == sorted([before.strip(), "current"])
    sh(lab, f"{UPDATE} && {INSTALL}")
