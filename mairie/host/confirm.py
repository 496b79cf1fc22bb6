"""Commit-confirm: a change that cuts the host off undoes itself.

``begin`` keeps a copy of everything that decides whether the host can be reached, then arms a
watcher that waits for the lock of the running deploy: when that process ends in any way without
``conclude``, the copy comes back. A unit does the same at the next boot, before the network, for
a power cut in between. ``conclude`` lets the change stand only when whoever was reached before is
reached again: the hub through the tunnel, the peers of a hub, the client's SSH connection.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mairie.host.rollback import ROLLBACK
from mairie.host.state import FILES, LOCK, PENDING, STATE
from mairie.plan.host import HostPlan

RISKY = ("base", "network", "vpn", "hub")
"""Bricks that can cut a host off: SSH, links and firewall, tunnel, forwarding."""
HOME = Path("/var/lib/mairie")
"""Anywhere else is a rehearsal, on a machine that is not the host."""
KEPT = STATE / "confirm"
ARMED = KEPT / "armed"
SCRIPT = KEPT / "rollback"
FOLDERS = (
    "/etc/dnsmasq.d",
    "/etc/mairie",
    "/etc/network",
    "/etc/ssh",
    "/etc/systemd/network",
    "/etc/systemd/networkd.conf.d",
    "/etc/wireguard",
)
"""Kept whole: what a rollback finds there and did not stand before is removed."""
SINGLE = ("/etc/nftables.conf", "/etc/resolv.conf", "/etc/sysctl.d/60-mairie.conf")
UNITS = (
    "dnsmasq.service",
    "mairie-wg-follow.service",
    "mairie-wg.timer",
    "networking.service",
    "nftables.service",
    "ssh.service",
    "systemd-networkd.service",
)
WATCHER = "mairie-confirm-watch"
BOOT_UNIT = Path("/etc/systemd/system/mairie-confirm.service")
BOOT_LINK = BOOT_UNIT.parent / "sysinit.target.wants" / BOOT_UNIT.name
BOOT_TEXT = f"""\
# Present only while a deploy is not confirmed.
[Unit]
Description=mairie: undo a deploy that was cut short
DefaultDependencies=no
ConditionPathExists={ARMED}
RequiresMountsFor={KEPT}
After=local-fs.target
Before=sysinit.target network-pre.target

[Service]
Type=oneshot
ExecStart=/bin/sh {SCRIPT} boot
"""
FRESH_S = 180
KNOCKS = 16
WAIT_S = 60
"""Long enough for a handshake and a lease over a satellite link."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Who could be reached."""

    hub: str
    """Tunnel address of the hub, when it answered lately; else empty."""
    heard: tuple[str, ...]
    """On a hub: keys of the peers heard lately."""
    client: str
    """Of an SSH client: its address and port, ours and our port, as ``SSH_CONNECTION`` has them."""


def _run(*command: str) -> str:
    """Return what a command says; nothing when it fails or is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _received(interface: str) -> dict[str, int]:
    """Return bytes received by peer."""
    lines = _run("wg", "show", interface, "transfer").splitlines()
    return {line.split("\t")[0]: int(line.split("\t")[1]) for line in lines}


def reach(plan: HostPlan) -> Reach:
    """Return who can be reached now, without waiting for anybody."""
    hub = ""
    heard: tuple[str, ...] = ()
    if plan.vpn is not None:
        lines = _run("wg", "show", plan.vpn.interface, "latest-handshakes").splitlines()
        stamps = {line.split("\t")[0]: int(line.split("\t")[1]) for line in lines}
        heard = tuple(sorted(key for key, at in stamps.items() if time.time() - at < FRESH_S))
        if heard and not plan.is_hub:
            hub, heard = plan.vpn.hub_ipv4, ()
    return Reach(hub=hub, heard=heard, client=_client())


def _client() -> str:
    """Return ``SSH_CONNECTION`` of the session this process descends from, sudo or not."""
    pid = os.getpid()
    while pid > 1:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
        except OSError:
            return ""
        for entry in environment:
            if entry.startswith(b"SSH_CONNECTION="):
                return entry.partition(b"=")[2].decode()
    return ""


def _paths(plan: HostPlan) -> list[Path]:
    """Return the files that are kept: of the folders, of the bricks, now and as placed before."""
    found = {Path(path) for path in SINGLE}
    for folder in FOLDERS:
        found.update(path for path in Path(folder).rglob("*") if not path.is_dir())
    for brick in ("network", "vpn", "hub"):
        if brick in plan.bricks:
            table = importlib.import_module(f"mairie.files.{brick}").files(plan)
            found.update(Path(file.path) for file in table)
    for record in FILES.glob("*"):
        found.add(record)
        if record.name in ("network", "vpn", "hub"):
            lines = record.read_text().splitlines()
            found.update(Path(line) for line in lines if line.startswith("/"))
    return sorted(found)


def _snapshot(plan: HostPlan) -> None:
    """Write the copy; nothing of an earlier one remains."""
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(mode=0o700, parents=True)
    present: list[Path] = []
    absent: list[Path] = []
    for path in _paths(plan):
        (present if path.exists() or path.is_symlink() else absent).append(path)
    with (KEPT / "files.tar").open("wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path in present:
                tar.add(path, recursive=False)
        os.fsync(file.fileno())
    _durable(KEPT / "present", _lines(present))
    _durable(KEPT / "absent", _lines(absent))
    _durable(KEPT / "folders", _lines(FOLDERS))
    tunnels = [f"wg-quick@{plan.vpn.interface}.service"] if plan.vpn else []
    _durable(KEPT / "units", _lines(_units((*UNITS, *tunnels))))
    _durable(KEPT / "pending", _lines(PENDING / brick for brick in plan.bricks))
    if ruleset := _run("nft", "list", "ruleset"):
        _durable(KEPT / "live.nft", f"flush ruleset\n{ruleset}")
    _durable(SCRIPT, ROLLBACK)


def _lines(items: Iterable[object]) -> str:
    return "".join(f"{item}\n" for item in items)


def _units(names: Iterable[str]) -> Iterator[str]:
    """Yield ``name enabled active``, in systemd's words; ``-`` where it has none."""
    shown = _run("systemctl", "show", "--property=Id,UnitFileState,ActiveState", *names)
    for block in shown.strip().split("\n\n"):
        found = dict(line.partition("=")[::2] for line in block.splitlines())
        if "Id" in found:
            yield f"{found['Id']} {found['UnitFileState'] or '-'} {found['ActiveState'] or '-'}"


def _durable(path: Path, text: str) -> None:
    """Write a file so that it is still there after a power cut."""
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _settle(path.parent)


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def begin(plan: HostPlan, bricks: Iterable[str]) -> Reach | None:
    """Keep a copy and arm the watcher; None when none of the bricks can cut the host off.

    The caller holds the lock of the deploy (mairie.host.state.LOCK) for as long as it lives.

    Raises:
        OSError: the copy could not be written; nothing is armed.
        CalledProcessError: systemd refused the watcher.

    """
    if STATE != HOME or not set(bricks) & set(RISKY):
        return None
    if ARMED.exists():  # an earlier deploy was cut short and nothing has undone it yet
        rollback()
    before = reach(plan)
    _snapshot(plan)
    _durable(BOOT_UNIT, BOOT_TEXT)
    BOOT_LINK.parent.mkdir(exist_ok=True)
    if not BOOT_LINK.is_symlink():
        BOOT_LINK.symlink_to(BOOT_UNIT)
    _settle(BOOT_LINK.parent)
    _durable(ARMED, time.strftime("%Y-%m-%d %H:%M:%S UTC\n", time.gmtime()))
    subprocess.run(["systemctl", "stop", f"{WATCHER}.service"], capture_output=True, check=False)
    subprocess.run(
        # Waits until the deploy's process is gone, however it ends: the kernel frees its lock.
        [
            *("systemd-run", "--quiet", "--collect", f"--unit={WATCHER}"),
            *("flock", str(LOCK), "/bin/sh", str(SCRIPT)),
        ],
        check=True,
        capture_output=True,
    )
    return before


def confirm() -> None:
    """Let the change stand: nothing comes back any more."""
    ARMED.unlink(missing_ok=True)
    BOOT_LINK.unlink(missing_ok=True)
    BOOT_UNIT.unlink(missing_ok=True)
    _settle(KEPT)
    subprocess.run(["systemctl", "stop", f"{WATCHER}.service"], capture_output=True, check=False)
    shutil.rmtree(KEPT, ignore_errors=True)


def rollback() -> None:
    """Bring back the copy, now."""
    subprocess.run(["/bin/sh", str(SCRIPT)], check=False, capture_output=True)
    if not ARMED.exists():  # else the watcher tries once more
        stop = ["systemctl", "stop", f"{WATCHER}.service"]
        subprocess.run(stop, capture_output=True, check=False)


def conclude(plan: HostPlan, before: Reach, *, changed: bool, wait_s: float = WAIT_S) -> str:
    """Confirm, or undo everything when whoever was reached before no longer is.

    Args:
        plan: of the host.
        before: what ``begin`` returned.
        changed: whether any operation changed something; when not, nothing can be cut.
        wait_s: how long to wait for everybody.

    Returns:
        what was lost, as a sentence, after the rollback; empty when the change stands.

    """
    if not changed:
        confirm()
        return ""
    interface = plan.vpn.interface if plan.vpn else ""
    start = _received(interface) if before.heard else {}
    lost = "nobody"
    end = time.monotonic() + wait_s
    while lost and time.monotonic() < end:
        if before.heard:
            _knock(plan)
        lost = _lost(before, interface, start)
        if lost:
            time.sleep(1)
    if not lost:
        confirm()
        return ""
    rollback()
    return (
        f"After the change, {lost} within {wait_s:.0f} s, which it did before: "
        "the network, the tunnel and SSH were put back as they were. Nothing else was undone."
    )


def _knock(plan: HostPlan) -> None:
    """Have gateways of a hub say something at once: alone, they do every 25 s."""
    forwards = plan.hub_plan.forwards if plan.hub_plan else ()
    for forward in forwards[:KNOCKS]:
        # Not waited for: what the answers weigh is read from the tunnels.
        subprocess.Popen(
            ["ping", "-q", "-c1", "-W2", forward.address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _lost(before: Reach, interface: str, start: dict[str, int]) -> str:
    """Return who does not answer yet; empty when everybody does."""
    if before.hub and not _run("ping", "-q", "-c1", "-W3", "-I", interface, before.hub):
        return f"the hub ({before.hub}) did not answer through the tunnel"
    if before.heard:
        now = _received(interface)
        if not any(now.get(key, 0) > start.get(key, 0) for key in before.heard):
            return "no commune was heard through the tunnels"
    if before.client and not _client_answers(before.client):
        return "the SSH connection of the client did not answer"
    return ""


def _client_answers(connection: str) -> bool:
    """Whether everything sent to the client has been acknowledged, or the client has left."""
    _, port, _, own = connection.split()
    # By ports alone: they are enough, and an address may be shown in another notation.
    shown = _run("ss", "-Htn", f"dport = :{port} and sport = :{own}")
    return all(line.split()[2] == "0" for line in shown.splitlines())
