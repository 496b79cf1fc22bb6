"""The workload, in pyinfra's words: over SSH by pyinfra itself, on the host through mairie.

Its template stands in the folder of a brick: a bundle carries no other.
"""

from __future__ import annotations

from pyinfra.operations import apt, files, server, systemd

apt.packages(
    name="packages",
    packages=[
        "chrony",
        "curl",
        "nftables",
        "openssh-server",
        "python3",
        "rsync",
        "sudo",
        "unattended-upgrades",
    ],
)
for number in range(6):
    files.directory(name=f"folder {number}", path=f"/srv/bench/folder-{number}", mode="755")
for number in range(40):
    files.template(
        name=f"file {number}",
        src="templates/base/file.conf.j2",
        dest=f"/srv/bench/folder-{number % 6}/file-{number}.conf",
        mode="644",
        number=number,
    )
for user in ("bench-one", "bench-two"):
    server.user(name=f"user {user}", user=user, home=f"/home/{user}")
for service in ("chrony", "nftables", "ssh"):
    systemd.service(name=f"service {service}", service=service, running=True, enabled=True)
