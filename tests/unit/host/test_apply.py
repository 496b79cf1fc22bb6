"""The whole apply program, with real pyinfra @local runs in a folder."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from mairie.host.events import (
    Changed,
    Done,
    Event,
    Failed,
    Operation,
    Order,
    Started,
    Warned,
    decode,
)
from mairie.plan.codec import to_builtins
from tests.unit.host.here import Ground
from tests.unit.host.plans import SECRET, a_plan

APPLY = Order(action="apply")
PREVIEW = Order(action="preview")

ONE_FILE = """
placed = managed_file(name="base: one", path=f"{ETC}/one", content="hello\\n", mode="640", **OWN,
                      brick="base")
server.shell(name="base: activate", commands=[f"echo told >> {ETC}/told"],
             _if=to_activate("base", placed))
"""


def changed(events: list[Event]) -> list[str]:
    return [event.name for event in events if isinstance(event, Changed)]


def failure(events: list[Event]) -> Failed:
    (failed,) = [event for event in events if isinstance(event, Failed)]
    return failed


def done(events: list[Event]) -> Done:
    assert isinstance(events[-1], Done)
    return events[-1]


def test_apply_places_then_finds_nothing_to_do(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    first = ground.run(APPLY)
    assert isinstance(first[0], Started)
    assert first[0].operations == len([e for e in first if isinstance(e, Operation)])
    assert changed(first)[:2] == ["base: one", "base: activate"]
    assert (ground.etc / "one").read_text() == "hello\n"
    assert stat.S_IMODE((ground.etc / "one").stat().st_mode) == 0o640
    assert ground.placed() == ["one", "told"]
    second = ground.run(APPLY)
    assert done(second).ok
    assert changed(second) == []
    assert done(second).changed == 0
    assert (ground.etc / "told").read_text() == "told\n"


def test_apply_repairs(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    ground.run(APPLY)
    one = ground.etc / "one"
    for damage in ("printf x >", "chmod 777", "ln -sf /etc/hostname"):
        subprocess.run(f"{damage} {one}", shell=True, check=True)  # noqa: S602
        assert "base: one" in changed(ground.run(APPLY))
        assert not one.is_symlink()
        assert one.read_text() == "hello\n"
        assert stat.S_IMODE(one.stat().st_mode) == 0o640


def test_files_placed_together_are_looked_at_once_and_truly(ground: Ground) -> None:
    ground.script(
        "base",
        """
paths = tuple(f"{ETC}/{n}" for n in ("new", "same", "other", "link", "mode it's"))
for path in paths:
    managed_file(name=f"base: {path}", path=path, content="x", together=paths, **OWN)
""",
    )
    for name, text in (("same", "x"), ("other", "y"), ("mode it's", "x")):
        (ground.etc / name).write_text(text)
        (ground.etc / name).chmod(0o644)
    (ground.etc / "mode it's").chmod(0o600)
    (ground.etc / "link").symlink_to(ground.etc / "same")
    events = ground.run(APPLY)
    names = [name.rpartition("/")[2] for name in changed(events)]
    assert names == ["new", "other", "link", "mode it's"]
    for path in ground.etc.iterdir():
        assert path.read_text() == "x"
        assert not path.is_symlink()
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert changed(ground.run(APPLY)) == []


def test_a_refused_file_leaves_the_old_one_and_nothing_else(ground: Ground) -> None:
    (ground.etc / "one").write_text("old\n")
    ground.script(
        "base",
        """
managed_file(name="base: one", path=f"{ETC}/one", content="hello\\n", **OWN,
             check=("sh", "-c", "echo line 3 is wrong; grep -q old {}"))
managed_file(name="base: two", path=f"{ETC}/two", content="never\\n", **OWN)
""",
    )
    events = ground.run(APPLY)
    assert not done(events).ok
    failed = failure(events)
    assert failed.operation == "base: one"
    assert "line 3 is wrong" in failed.output
    assert "sh refused it" in failed.output
    assert (ground.etc / "one").read_text() == "old\n"
    assert ground.placed() == ["one"]


def test_a_check_whose_program_is_absent_fails_in_words(ground: Ground) -> None:
    ground.script(
        "base",
        'managed_file(name="base: one", path=f"{ETC}/one", content="", **OWN,'
        ' check=("no-such-parser", "{}"))',
    )
    events = ground.run(APPLY)
    assert "no-such-parser is not installed" in failure(events).output
    assert ground.placed() == []


def test_secrets_appear_nowhere(ground: Ground) -> None:
    ground.script(
        "base",
        """
_, secrets = this_host()
key = secrets.wireguard_private_key
managed_file(name="base: key", path=f"{ETC}/key", content=key, mode="600", secret=True, **OWN)
managed_file(name="base: careless", path=f"{ETC}/careless", content=f"key={key}", **OWN)
managed_file(name="base: refused", path=f"{ETC}/refused", content=key, secret=True, **OWN,
             check=("sh", "-c", "cat {}; false"))
""",
    )
    bundle = ground.bundle()
    for order in (PREVIEW, APPLY):
        process = ground.start(order)
        out, err = process.communicate(timeout=60)
        assert b"base: key" in out
        assert SECRET.encode() not in out + err
        assert SECRET[:20].encode() not in out + err
    assert (ground.etc / "key").read_text() == SECRET
    assert stat.S_IMODE((ground.etc / "key").stat().st_mode) == 0o600
    assert not (ground.etc / "refused").exists()
    assert bundle.is_dir()


def test_preview_shows_what_apply_would_do_and_does_nothing(ground: Ground) -> None:
    (ground.etc / "one").write_text("goodbye\n")
    ground.script("base", ONE_FILE)
    events = ground.run(PREVIEW)
    foreseen = [event for event in events if isinstance(event, Changed)]
    one = next(event for event in foreseen if event.name == "base: one")
    assert "-goodbye" in one.diff
    assert "+hello" in one.diff
    assert (ground.etc / "one").read_text() == "goodbye\n"
    assert ground.placed() == ["one"]
    assert not (ground.state / "pending").exists()
    assert [event.name for event in foreseen] == ["base: one", "base: activate"]
    assert changed(ground.run(APPLY))[:2] == ["base: one", "base: activate"]
    assert changed(ground.run(PREVIEW)) == []


def test_preview_says_when_it_cannot_tell(ground: Ground) -> None:
    (ground.etc / "one").mkdir()
    ground.script("base", ONE_FILE)
    events = ground.run(PREVIEW)
    (warned,) = [event for event in events if isinstance(event, Warned)]
    assert "base: one: cannot be foreseen" in warned.message
    assert done(events).ok


def test_a_failed_deploy_script_is_blamed_by_line(ground: Ground) -> None:
    ground.script("base", "this_host()[0].nothing")
    events = ground.run(APPLY)
    assert failure(events).message.startswith("deploys/base.py, line 6: AttributeError")
    assert not done(events).ok


def test_a_service_is_told_in_the_next_run_when_this_one_failed_before(ground: Ground) -> None:
    broken = ONE_FILE.replace(
        "server.shell", 'server.shell(name="base: trouble", commands=["false"])\nserver.shell', 1
    )
    ground.script("base", broken)
    assert not done(ground.run(APPLY)).ok
    assert not (ground.etc / "told").exists()
    ground.script("base", ONE_FILE)
    assert changed(ground.run(APPLY))[:1] == ["base: activate"]
    assert (ground.etc / "told").read_text() == "told\n"
    assert changed(ground.run(APPLY)) == []


TWO_BRICKS = """
first = managed_file(name="{0}: a", path=f"{{ETC}}/{0}-a", content="a", **OWN, brick="{0}")
server.shell(name="{0}: slow", commands=["sleep 2"], _if=to_activate("{0}", first))
managed_file(name="{0}: b", path=f"{{ETC}}/{0}-b", content="b", **OWN, brick="{0}")
"""


def wait_for(process_out: IO[bytes] | None, name: str) -> None:
    assert process_out is not None
    for line in process_out:
        event = decode(line)
        if isinstance(event, Operation) and event.name == name:
            return
    raise AssertionError(f"{name} never began")


def test_stop_finishes_the_brick_in_hand(ground: Ground) -> None:
    ground.plan = a_plan(bricks=("base", "network"))
    ground.script("base", TWO_BRICKS.format("base"))
    ground.script("network", TWO_BRICKS.format("network"))
    process = ground.start(APPLY)
    wait_for(process.stdout, "base: slow")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    last = decode(out.splitlines()[-1])
    assert isinstance(last, Done)
    assert last.stopped
    assert not last.ok
    assert ground.placed() == ["base-a", "base-b"]
    assert done(ground.run(APPLY)).ok
    assert ground.placed() == ["base-a", "base-b", "network-a", "network-b"]


def test_killed_in_the_middle_leaves_whole_files_and_can_be_run_again(ground: Ground) -> None:
    ground.script("base", TWO_BRICKS.format("base"))
    process = ground.start(APPLY)
    wait_for(process.stdout, "base: slow")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert (ground.etc / "base-a").read_text() == "a"
    events = ground.run(APPLY)
    assert done(events).ok
    assert changed(events)[:2] == ["base: slow", "base: b"]


def test_hangup_does_not_end_it(ground: Ground) -> None:
    ground.script("base", TWO_BRICKS.format("base"))
    process = ground.start(APPLY)
    wait_for(process.stdout, "base: slow")
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=30)
    last = decode(out.splitlines()[-1])
    assert isinstance(last, Done)
    assert last.ok


def test_two_applies_never_overlap(ground: Ground) -> None:
    gate = "for i in $(seq 600); do [ -e $ETC/go ] && exit 0; sleep 0.1; done; exit 1"
    gate = gate.replace("$ETC", str(ground.etc))
    ground.script("base", f'server.shell(name="base: slow", commands=[{gate!r}])')
    process = ground.start(Order(action="apply", who="marie@poste"))
    wait_for(process.stdout, "base: slow")
    events = ground.run(APPLY)
    assert "Another deploy is running on this host (marie@poste, since" in failure(events).message
    assert not done(events).ok
    (ground.etc / "go").touch()
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_gives_up_after_its_limit(ground: Ground) -> None:
    ground.script("base", 'server.shell(name="base: hangs", commands=["sleep 60"])')
    began = time.monotonic()
    events = ground.run(Order(action="apply", limit_s=3))
    assert time.monotonic() - began < 20
    assert "did not end within 3 s" in failure(events).message


def test_only_restricts_the_bricks(ground: Ground) -> None:
    ground.plan = a_plan(bricks=("base", "network"))
    ground.script("base", TWO_BRICKS.format("base"))
    ground.script("network", TWO_BRICKS.format("network"))
    events = ground.run(Order(action="apply", only=("network",)))
    assert isinstance(events[0], Started)
    assert events[0].bricks == ("network",)
    assert ground.placed() == ["network-a", "network-b"]


def test_files_no_longer_rendered_are_removed(ground: Ground) -> None:
    body = 'placed_files(name="{0}: files", brick="{0}", paths=({1}))'
    ground.plan = a_plan(bricks=("base", "network"))
    for name in ("a", "b", "c"):
        (ground.etc / name).write_text(name)
    ground.script("base", body.format("base", 'f"{ETC}/a", f"{ETC}/b"'))
    ground.script("network", body.format("network", 'f"{ETC}/c",'))
    ground.run(APPLY)
    assert ground.placed() == ["a", "b", "c"]
    ground.script("base", body.format("base", 'f"{ETC}/a",'))
    assert "base: files" in changed(ground.run(APPLY))
    assert ground.placed() == ["a", "c"]
    ground.plan = a_plan(bricks=("base",))
    assert "files of bricks this host no longer has" in changed(ground.run(APPLY))
    assert ground.placed() == ["a"]
    assert changed(ground.run(APPLY)) == []


INVENTORY = """
import json, pathlib
data = json.loads(pathlib.Path({0!r}).read_text())
hosts = [("@local", data)]
"""


def test_plain_pyinfra_does_the_same(ground: Ground) -> None:
    ground.script("base", ONE_FILE)
    data = {"mairie_plan": to_builtins(ground.plan), "mairie_secrets": to_builtins(ground.secrets)}
    (ground.root / "data.json").write_text(json.dumps(data))
    inventory = ground.root / "inventory.py"
    inventory.write_text(INVENTORY.format(str(ground.root / "data.json")))
    environment = {
        **os.environ,
        "MAIRIE_STATE_DIR": str(ground.state),
        "PYTHONPATH": str(ground.root / "assets"),
    }
    done_once = subprocess.run(
        [Path(sys.executable).with_name("pyinfra"), inventory, "deploys/site.py", "-y"],
        cwd=ground.root / "assets",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done_once.returncode == 0, done_once.stderr
    assert (ground.etc / "one").read_text() == "hello\n"
    assert SECRET not in done_once.stdout + done_once.stderr
    assert changed(ground.run(APPLY)) == []
