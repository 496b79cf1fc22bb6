"""The lab's two container images, built on this machine by mmdebstrap: none is pulled.

``host`` is a Debian 13 server as its installer leaves it: what a technician starts from. ``client``
is the same with the tools of a PC in the town hall, and of the lab's own switch and internet.
Packages that deploys install come from a folder of .deb files, so that hosts really run apt,
offline.
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound
from docker.types import Mount

from mairie.lab.cache import Progress, cache_dir, forget_unused, locked, silent
from mairie.lab.debian import SUITE, keep_packages, mmdebstrap, write_index
from mairie.lab.errors import LabError
from mairie.packages.asterisk import RUNTIME_PACKAGES as VOIP

REPOSITORY = "/opt/packages"
"""Where the folder of packages is mounted, read-only, in every container: not a folder of data."""

INIT = "/usr/local/sbin/lab-init"

BASE = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "iputils-ping",
    "kmod",
    "mount",
    "netbase",
    "procps",
    "systemd",
    "systemd-sysv",
    "tzdata",
    "udev",
)
"""What a blank server has on top of mmdebstrap's ``minbase``."""

STANDARD = ("python3",)
"""What the installer's "standard system utilities" bring, with apt-listchanges and reportbug."""

BRICKS = (
    "bind9-dnsutils",
    "chrony",
    "conntrack",
    "curl",
    "dnsmasq",
    "dnsmasq-base",
    "ethtool",
    "libpam-pwquality",
    "ndisc6",
    "nftables",
    "openssh-server",
    "python3",
    "rsync",
    "sudo",
    "tcpdump",
    "unattended-upgrades",
    "wireguard-go",
    "wireguard-tools",
)
"""What the bricks install on hosts, backups and log-ins apart."""

BACKUP = (
    "mariadb-client",
    "mariadb-server",
    "nginx-light",
    "postgresql",
    "postgresql-client",
    "restic",
    "restic-rest-server",
    "sqlite3",
)
"""What backups need, with the engines of databases."""

WIFI = ("freeradius", "hostapd", "iw", "openssl", "wireless-regdb")
"""What log-ins by name and radios need."""

GUARD = ("fail2ban",)
"""What slows down those who guess passwords of telephones."""

MAIL = ("lame", "libsasl2-modules", "libtiff-tools", "postfix", "sasl2-bin")
"""What sends messages needs; the last one is of the relay that tests play."""

CLIENT = (
    "baresip-core",
    "bind9-dnsutils",
    "chrony",
    "curl",
    "dhcpcd-base",
    "dnsmasq-base",
    "eapoltest",
    "ndisc6",
    "nftables",
    "openssh-client",
    "sip-tester",
    "tcpdump",
    "wireguard-go",
    "wireguard-tools",
)
"""What the client image has on top of the host image."""

MASKED = (
    "console-getty.service",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "getty.target",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-firstboot.service",
    "systemd-remount-fs.service",
    "systemd-udev-trigger.service",
    "systemd-udevd.service",
)
"""Units of a machine that a container does not have: its disks, consoles, devices."""

GENERATORS = (
    "systemd-debug-generator",
    "systemd-fstab-generator",
    "systemd-getty-generator",
    "systemd-gpt-auto-generator",
    "systemd-hibernate-resume-generator",
    "systemd-rc-local-generator",
    "systemd-run-generator",
    "systemd-ssh-generator",
    "systemd-system-update-generator",
    "systemd-sysv-generator",
    "systemd-tpm2-generator",
)
"""What would make such units (systemd.generator(7)), each time that systemd reads its units."""


@dataclass(frozen=True)
class Recipe:
    """All that decides what is in the images; equal recipes share built images."""

    suite: str = SUITE
    base: tuple[str, ...] = BASE
    bricks: tuple[str, ...] = (*BRICKS, *BACKUP, *WIFI, *VOIP, *GUARD, *MAIL)
    """Available to apt in the lab, with all they depend on."""
    standard: tuple[str, ...] = STANDARD
    """On every host, and available to apt as well."""
    client: tuple[str, ...] = CLIENT

    @property
    def files(self) -> dict[str, tuple[int, str]]:
        """Files of the lab itself in the image: path → (mode, text)."""
        share = files("mairie.lab") / "share"
        return {
            INIT: (0o755, (share / "lab-init").read_text()),
            "/usr/lib/systemd/system/chrony.service.d/lab.conf": (
                0o644,
                (share / "chrony.conf").read_text(),
            ),
            "/etc/apt/sources.list.d/packages.sources": (
                0o644,
                f"Types: deb\nURIs: file:{REPOSITORY}\nSuites: ./\nTrusted: yes\n",
            ),
            # No disk cache to protect here: package installs are four times faster.
            "/etc/dpkg/dpkg.cfg.d/lab": (0o644, "force-unsafe-io\n"),
            "/etc/hostname": (0o644, ""),
            "/etc/hosts": (0o644, ""),
            "/etc/resolv.conf": (0o644, ""),
        }

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that name this recipe."""
        everything = {"recipe": asdict(self), "files": self.files, "masked": (*MASKED, *GENERATORS)}
        return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Images:
    """The images of one recipe: two Docker tags, and the folder of packages for the hosts."""

    host: str
    client: str
    packages: Path


def ensure_images(
    client: docker.DockerClient, progress: Progress = silent, recipe: Recipe | None = None
) -> Images:
    """Return the images of ``recipe``, built when absent. Raises LabError when that fails."""
    recipe = recipe or Recipe()
    folder = cache_dir() / f"images-{recipe.key}"
    images = Images(
        host=f"mairie-host:{recipe.key}",
        client=f"mairie-client:{recipe.key}",
        packages=folder / "packages",
    )
    with locked("images"):
        if not ((folder / "host.tar").exists() and (images.packages / "Packages").exists()):
            _build(recipe, folder, progress)
        if not _has(client, images.host):
            progress("Importing the host image into Docker")
            repository, tag = images.host.split(":")
            client.api.import_image(
                src=str(folder / "host.tar"),
                repository=repository,
                tag=tag,
                changes=["ENV container=docker", f'ENTRYPOINT ["{INIT}"]', 'CMD ["systemd"]'],
            )
            if not _has(client, images.host):
                raise LabError(
                    f"Docker did not import the image {folder / 'host.tar'}: is its disk full? "
                    "(docker system df)"
                )
        if not _has(client, images.client):
            progress("Building the client image")
            _build_client(client, recipe, images)
        for key in forget_unused("images", recipe.key):
            for tag in (f"mairie-client:{key}", f"mairie-host:{key}"):
                with suppress(APIError):  # gone already, or a container still uses it
                    client.images.remove(tag)
    return images


def _has(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _build(recipe: Recipe, folder: Path, progress: Progress) -> None:
    """One mmdebstrap run: ``host.tar``, and ``packages/`` with its index."""
    progress("Building the base image with mmdebstrap (once; under two minutes)")
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    packages.chmod(0o755)
    for old in packages.iterdir():
        old.unlink()
    wanted = " ".join(sorted({*recipe.bricks, *recipe.standard, *recipe.client}))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        overlay = Path(scratch) / "overlay.tar"
        units = [f"/etc/systemd/system/{unit}" for unit in MASKED]
        generators = [f"/etc/systemd/system-generators/{name}" for name in GENERATORS]
        write_tar(overlay, recipe.files, [*units, *generators])
        install = "apt-get install --yes --no-install-recommends"
        mmdebstrap(
            folder / "host.tar",
            recipe.base,
            [
                f'chroot "$1" {install} --download-only {wanted}',
                # The exact set, dependencies included: the download cache may hold more.
                f'chroot "$1" {install} --print-uris -o Dir::Cache::archives=/tmp {wanted}'
                ' | sed -n "s/^\'[^\']*\' \\([^ ]*\\.deb\\) .*/\\1/p" >"$1"/tmp/wanted',
                f'mkdir "$1"{REPOSITORY} && cd "$1"/var/cache/apt/archives '
                f'&& xargs -a "$1"/tmp/wanted cp -t "$1"{REPOSITORY}',
                f"sync-out {REPOSITORY} {packages}",
                keep_packages(),
                f'chroot "$1" {install} {" ".join(recipe.standard)}',
                f'rm -r "$1"{REPOSITORY}/* "$1"/etc/apt/sources.list',
                f"tar-in {overlay} /",
            ],
            progress,
            log="mmdebstrap",
        )
    if not any(packages.glob("*.deb")):
        raise LabError(f"No package reached {packages}: see {cache_dir() / 'mmdebstrap.log'}.")
    for package in packages.iterdir():
        package.chmod(0o644)
    write_index(packages)


def write_tar(target: Path, texts: Mapping[str, tuple[int, str]], masked: Sequence[str]) -> None:
    """Write the tar file ``target`` of ``texts`` (path → (mode, text)) and of masked unit paths."""
    with tarfile.open(target, "w") as tar:
        for path, (mode, text) in sorted(texts.items()):
            data = text.encode()
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.size = mode, len(data)
            tar.addfile(info, io.BytesIO(data))
        for path in masked:
            info = tarfile.TarInfo(path.lstrip("/"))
            info.type, info.linkname = tarfile.SYMTYPE, "/dev/null"
            tar.addfile(info)


def packages_mount(images: Images) -> Mount:
    """Return the read-only mount of the folder of packages."""
    return Mount(REPOSITORY, str(images.packages), type="bind", read_only=True)


def _build_client(client: docker.DockerClient, recipe: Recipe, images: Images) -> None:
    """Install the client's packages in a container of the host image, then commit it."""
    script = (
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes "
        f"--no-install-recommends {' '.join(recipe.client)} && apt-get clean"
    )
    container: Any = client.containers.create(
        images.host,
        entrypoint=["sh", "-c", script],
        command=[],
        network_mode="none",
        labels={"mairie.lab": "image"},
        mounts=[packages_mount(images)],
    )
    try:
        container.start()
        status = container.wait(timeout=600)["StatusCode"]
        if status != 0:
            tail = container.logs(tail=12).decode(errors="replace")
            raise LabError(f"The client image could not be built; apt ended with:\n{tail}")
        repository, tag = images.client.split(":")
        container.commit(
            repository=repository,
            tag=tag,
            changes=f'ENTRYPOINT ["{INIT}"]\nCMD ["idle"]',
        )
    finally:
        container.remove(force=True)
