"""What brick backup renders for the demo: both ends, and what keeps them apart."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.files.backup import (
    CLIENT_SETTINGS,
    CREDENTIAL,
    KEYS,
    NGINX,
    PASSWORD,
    STORE,
    STORE_SETTINGS,
    environment,
    htpasswd,
    key,
)
from mairie.plan.host import HostPlan
from mairie.render import RenderedFile, render
from tests.render.conftest import secrets_of

Rendered = Callable[[str, str], dict[str, RenderedFile]]


@pytest.mark.parametrize("host", ["hub", "rapa-mairie-box", "rurutu-mairie-srv"])
def test_whole_output(compare: Callable[..., None], host: str) -> None:
    compare("backup", host)


def test_each_end_gets_its_own_program_and_the_module_they_share(rendered: Rendered) -> None:
    for host, package, other in (
        ("hub", "mairie_store", "mairie_backup"),
        ("rapa-mairie-box", "mairie_backup", "mairie_store"),
    ):
        names = [path for path in rendered("backup", host) if path.endswith(".py")]
        assert "/usr/local/lib/mairie/mairie_restic.py" in names
        assert f"/usr/local/lib/mairie/{package}/__main__.py" in names
        assert not [name for name in names if other in name]


def test_secrets_stand_in_files_only_root_may_read(demo: dict[str, HostPlan]) -> None:
    for plan in demo.values():
        secrets = secrets_of(plan)
        for file in render(plan, secrets, "backup"):
            holds = any(value in file.text for value in secrets.others.values())
            if holds:
                assert (file.secret, file.mode, file.owner) == (True, "600", "root"), file.path
            else:
                assert not file.secret or file.path.endswith(".htpasswd"), file.path


def test_the_hub_knows_each_credential_without_having_to_say_it(rendered: Rendered) -> None:
    hub = rendered("backup", "hub")
    credential = rendered("backup", "rapa-mairie-box")[CREDENTIAL].text
    password = dict(line.split("=", 1) for line in credential.splitlines())["RESTIC_REST_PASSWORD"]
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    line = f"rapa-mairie-box:{{SHA}}{b64encode(digest).decode()}\n"
    assert hub[f"{STORE}/rapa-mairie-box.htpasswd"].text == line
    own_key = rendered("backup", "rapa-mairie-box")[PASSWORD].text
    assert hub[f"{KEYS}/rapa-mairie-box.password"].text == own_key


def test_a_host_that_leaves_takes_its_files_along(demo: dict[str, HostPlan]) -> None:
    plan = demo["hub"]
    assert plan.store is not None
    gone, *others = plan.store.hosts
    smaller = replace(plan, store=replace(plan.store, hosts=tuple(others)))
    before = {file.path: file.text for file in render(plan, secrets_of(plan), "backup")}
    after = {file.path: file.text for file in render(smaller, secrets_of(plan), "backup")}
    assert set(before) - set(after) == {key(gone), htpasswd(gone), environment(gone)}
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {STORE_SETTINGS, NGINX}
    assert gone.name not in after[NGINX]


def test_nginx_listens_on_the_tunnel_alone(rendered: Rendered, demo: dict[str, HostPlan]) -> None:
    vpn = demo["hub"].vpn
    assert vpn is not None
    text = rendered("backup", "hub")[NGINX].text
    listens = [line.split() for line in text.splitlines() if line.strip().startswith("listen")]
    assert listens == [["listen", f"{vpn.ipv4.partition('/')[0]}:8000;"]]


def test_settings_are_the_plan(rendered: Rendered, demo: dict[str, HostPlan]) -> None:
    settings = json.loads(rendered("backup", "rapa-mairie-box")[CLIENT_SETTINGS].text)
    backup = demo["rapa-mairie-box"].backup
    assert backup is not None
    assert settings["host"] == "rapa-mairie-box"
    assert settings["domain"] == "demo.example"
    assert settings["window"] == {"start": backup.window.start, "minutes": backup.window.minutes}
    assert tuple(settings["folders"]) == backup.folders
