"""The disk, kernel and initrd of the lab's QEMU machine: a whole Debian 13.

Everything is installed while the image is built, at the speed of the machine that builds; inside
QEMU without KVM the same would take minutes.
"""

import hashlib
import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from mairie.lab.cache import Progress, cache_dir, forget_unused, locked, silent
from mairie.lab.debian import SUITE, ensure_programs, keep_packages, mmdebstrap
from mairie.lab.image import BASE, BRICKS, WIFI, write_tar

PACKAGES = (
    *BASE,
    *BRICKS,
    *WIFI,
    "busybox-static",
    "cpio",
    "linux-image-amd64",
    "wpasupplicant",
    "xz-utils",
)
"""What the machine has: all that bricks install, Debian's kernel, and what Wi-Fi needs."""

IDLE = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "chrony.service",
    "dnsmasq.service",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "freeradius.service",
    "fstrim.timer",
    "getty@tty1.service",
    "nftables.service",
    "ssh.service",
    "unattended-upgrades.service",
    "wpa_supplicant.service",
)
"""Units that a deploy, not the boot, starts: disabled in the image."""

MASKED = (
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "modprobe@configfs.service",
    "modprobe@drm.service",
    "modprobe@efi_pstore.service",
    "modprobe@fuse.service",
    "serial-getty@ttyS0.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-binfmt.service",
    "systemd-journal-catalog-update.service",
)
"""Units that the lab has no use for: each costs about a second without KVM."""


@dataclass(frozen=True)
class MachineRecipe:
    """All that decides what is in the machine; ``disk`` is the size of its disk, sparse."""

    suite: str = SUITE
    packages: tuple[str, ...] = PACKAGES
    idle: tuple[str, ...] = IDLE
    disk: str = "4G"

    @property
    def files(self) -> dict[str, tuple[int, str]]:
        """The lab's own files in the machine: path → (mode, text)."""
        share = files("mairie.lab") / "share"
        return {
            "/usr/local/sbin/lab-agent": (0o755, (share / "lab-agent").read_text()),
            "/usr/lib/systemd/system/lab-agent.service": (
                0o644,
                (share / "lab-agent.service").read_text(),
            ),
            "/usr/lib/systemd/system/systemd-udev-trigger.service.d/lab.conf": (
                0o644,
                (share / "udev-trigger.conf").read_text(),
            ),
            "/etc/modules-load.d/lab.conf": (0o644, "virtio_console\n"),
            "/boot/make-initrd": (0o755, (share / "make-initrd").read_text()),
            "/etc/hostname": (0o644, "machine\n"),
            "/etc/hosts": (0o644, "127.0.0.1 localhost\n127.0.1.1 machine\n::1 localhost\n"),
            "/etc/resolv.conf": (0o644, ""),
        }

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that name this recipe."""
        everything = {"recipe": asdict(self), "files": self.files, "masked": MASKED}
        return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class MachineImage:
    """What QEMU boots."""

    disk: Path
    kernel: Path
    initrd: Path


def ensure_machine_image(
    progress: Progress = silent, recipe: MachineRecipe | None = None
) -> MachineImage:
    """Return the image of ``recipe``, built when absent. Raises LabError when that fails."""
    recipe = recipe or MachineRecipe()
    folder = cache_dir() / f"machine-{recipe.key}"
    image = MachineImage(folder / "disk.ext4", folder / "vmlinuz", folder / "initrd")
    with locked("machine"):
        if not image.initrd.exists():
            _build(recipe, folder, progress)
        forget_unused("machine", recipe.key)
    return image


def _build(recipe: MachineRecipe, folder: Path, progress: Progress) -> None:
    ensure_programs({"mke2fs": "e2fsprogs"}, progress)
    progress("Building the machine's disk with mmdebstrap (once; about two minutes)")
    # Run by others than root, mmdebstrap's hooks are a user of their own: not in the home folder.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        made = Path(scratch) / "made"
        (made / "root").mkdir(parents=True)
        Path(scratch).chmod(0o755)
        made.chmod(0o777)
        overlay = Path(scratch) / "overlay.tar"
        write_tar(overlay, recipe.files, [f"/etc/systemd/system/{unit}" for unit in MASKED])
        mmdebstrap(
            None,
            recipe.packages,
            [
                f"tar-in {overlay} /",
                f'chroot "$1" systemctl --quiet disable {" ".join(recipe.idle)}',
                'chroot "$1" systemctl --quiet enable lab-agent.service',
                keep_packages(),
                'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/etc/apt/sources.list',
                'chroot "$1" /boot/make-initrd',
                f'cp "$1"/boot/vmlinuz-* {made}/vmlinuz && cp "$1"/boot/initrd.lab {made}/initrd',
                # Up to date: nothing to do at the first boot for "ConditionNeedsUpdate".
                'touch "$1"/etc/.updated "$1"/var/.updated',
                # A bind mount is the tree without what mmdebstrap mounted in it (/proc, /dev).
                f'mount --bind "$1" {made}/root '
                f"&& mke2fs -q -t ext4 -L root -d {made}/root {made}/disk.ext4 {recipe.disk} "
                f"&& umount {made}/root",
            ],
            progress,
            log="machine",
        )
        folder.mkdir(exist_ok=True)
        # The last one says that all are there.
        for name in ("disk.ext4", "vmlinuz", "initrd"):
            subprocess.run(
                ["cp", "--sparse=always", made / name, folder / f"{name}.partial"], check=True
            )
            (folder / f"{name}.partial").replace(folder / name)
