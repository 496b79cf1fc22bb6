"""What brick vpn renders for the demo, and during a rotation of keys."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from mairie.files.vpn import HELPERS, PROGRAMS, SETTINGS
from mairie.plan.host import HostPlan, HostSecrets
from mairie.render import RenderedFile, render
from tests.render.conftest import secrets_of

Rendered = Callable[[str, str], dict[str, RenderedFile]]
CONF = "/etc/wireguard/wg0.conf"
NEXT = "/etc/wireguard/wg0.next.key"
FOREIGN = "+FxI8i5d9dkmMHXsjRcmJwUsnKVn4ABqIEBBiKEDkVs="


def in_rotation(plan: HostPlan, *, own: str = "", peer: str = "") -> HostPlan:
    """Return the plan with a next key of the host, of every peer, or both."""
    assert plan.vpn is not None
    peers = tuple(replace(each, next_public_key=peer) for each in plan.vpn.peers)
    return replace(plan, vpn=replace(plan.vpn, next_public_key=own, peers=peers))


def files_of(plan: HostPlan, secrets: HostSecrets | None = None) -> dict[str, RenderedFile]:
    found = render(plan, secrets or secrets_of(plan), "vpn")
    return {file.path: file for file in found}


@pytest.mark.parametrize("host", ["hub", "rurutu-mairie-gw", "rapa-mairie-box"])
def test_whole_output(compare: Callable[[str, str], None], host: str) -> None:
    compare("vpn", host)


def test_a_server_has_no_tunnel(rendered: Rendered) -> None:
    assert rendered("vpn", "rurutu-mairie-srv") == {}


def test_secrets_stand_in_files_only_root_may_read(demo: dict[str, HostPlan]) -> None:
    plan = in_rotation(demo["rurutu-mairie-gw"], own=FOREIGN)
    secrets = replace(secrets_of(plan), next_wireguard_private_key="next-private")
    hidden = {secrets.wireguard_private_key, "next-private", *secrets.preshared_keys.values()}
    for path, file in files_of(plan, secrets).items():
        holds = any(value in file.text for value in hidden)
        assert holds == (path in (CONF, NEXT)), path
        assert (file.mode, file.secret) == ("600", True) if holds else not file.secret, path


def test_programs_are_python_or_shell(rendered: Rendered) -> None:
    files = rendered("vpn", "hub")
    for name in ("wgtool.py", *PROGRAMS):
        text = files[f"{HELPERS}/{name}"].text
        if not text.startswith("#!/bin/sh"):
            ast.parse(text, name)


def test_endpoint_is_never_in_the_configuration(rendered: Rendered) -> None:
    files = rendered("vpn", "rurutu-mairie-gw")
    assert "Endpoint =" not in files[CONF].text
    (peer,) = json.loads(files[SETTINGS].text)["endpoints"]
    assert peer["endpoint"] == "hub.demo.example:51820"


def test_a_peer_in_rotation_has_two_keys_and_one_holds_the_addresses(
    demo: dict[str, HostPlan],
) -> None:
    plan = in_rotation(demo["rurutu-mairie-gw"], peer=FOREIGN)
    files = files_of(plan)
    peers = files[CONF].text.split("[Peer]\n")[1:]
    assert len(peers) == 2
    assert "AllowedIPs" in peers[0]
    assert "AllowedIPs" not in peers[1]
    assert f"PublicKey = {FOREIGN}" in peers[1]
    shared = {line for peer in peers for line in peer.splitlines() if "PresharedKey" in line}
    assert len(shared) == 1
    (rotation,) = json.loads(files[SETTINGS].text)["rotations"]
    assert rotation["next"] == FOREIGN


def test_a_gateway_gets_its_next_key_and_a_hub_does_not(demo: dict[str, HostPlan]) -> None:
    for host, has in (("rurutu-mairie-gw", True), ("hub", False)):
        plan = in_rotation(demo[host], own=FOREIGN)
        secrets = replace(secrets_of(plan), next_wireguard_private_key="next-private")
        assert (NEXT in files_of(plan, secrets)) == has
