"""What brick base renders for the demo."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mairie.files.base import lists_at
from mairie.plan.host import HostPlan, HostSecrets
from mairie.render import MANAGED, RenderedFile, RenderError, render

Rendered = Callable[[str, str], dict[str, RenderedFile]]

SHOWN_AS_THEY_ARE = {"/etc/hostname", "/etc/timezone", "/etc/issue", "/etc/issue.net", "/etc/motd"}
"""Files that have no comments."""


@pytest.mark.parametrize(
    "host", ["hub", "rurutu-mairie-gw", "rurutu-mairie-srv", "rapa-mairie-box"]
)
def test_whole_output(compare: Callable[[str, str], None], host: str) -> None:
    compare("base", host)


def test_each_file_says_who_manages_it(rendered: Rendered) -> None:
    for path, file in rendered("base", "rurutu-mairie-gw").items():
        if path not in SHOWN_AS_THEY_ARE:
            assert MANAGED in "\n".join(file.text.splitlines()[:2]), path


def test_same_plan_same_bytes(demo: dict[str, HostPlan]) -> None:
    plan = demo["hub"]
    assert render(plan, HostSecrets(), "base") == render(plan, HostSecrets(), "base")


def test_no_file_without_a_final_newline(rendered: Rendered) -> None:
    for path, file in rendered("base", "rapa-mairie-box").items():
        assert file.text.endswith("\n"), path


def test_a_technician_who_left_has_no_keys_file(demo: dict[str, HostPlan]) -> None:
    plan = demo["hub"]
    without = replace(plan, base=replace(plan.base, users=plan.base.users[:1]))
    before = {file.path for file in render(plan, HostSecrets(), "base")}
    after = {file.path for file in render(without, HostSecrets(), "base")}
    assert before - after == {"/etc/ssh/authorized_keys.d/moana"}


@pytest.mark.parametrize(
    ("upgrade", "lists"), [("02:35", "02:15"), ("00:05", "23:45"), ("01:00", "00:40")]
)
def test_lists_are_fetched_before_the_upgrade(upgrade: str, lists: str) -> None:
    assert lists_at(upgrade) == lists


def test_a_name_the_plan_does_not_have_is_an_error_with_its_place(
    demo: dict[str, HostPlan], tmp_path: Path
) -> None:
    template = tmp_path / "base" / "usr/local/libexec/mairie/check-sshd.j2"
    template.parent.mkdir(parents=True)
    template.write_text("one\n{{ plan.nmae }}\n")
    with pytest.raises(RenderError) as caught:
        render(demo["hub"], HostSecrets(), "base", templates=tmp_path)
    message = str(caught.value)
    assert message.startswith("templates/base/usr/local/libexec/mairie/check-sshd.j2:2: ")
    assert "nmae" in message


def test_secrets_reach_secret_files_only(demo: dict[str, HostPlan], tmp_path: Path) -> None:
    template = tmp_path / "base" / "usr/local/libexec/mairie/check-sshd.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ secrets.wireguard_private_key }}\n")
    with pytest.raises(RenderError, match="'secrets' is undefined"):
        render(demo["hub"], HostSecrets(), "base", templates=tmp_path)


def test_an_unknown_brick_is_an_error(demo: dict[str, HostPlan]) -> None:
    with pytest.raises(RenderError, match="There is no brick 'bsae'"):
        render(demo["hub"], HostSecrets(), "bsae")
