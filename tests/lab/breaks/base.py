"""How each control of brick base is proved."""

from tests.lab.breaks import Break

TECHNICIAN = "$(getent group mairie-technicians | cut -d: -f4 | cut -d, -f1)"
DRIFT = "BAS-65"
CHRONY = "/etc/chrony/chrony.conf"
# Each break has files of its own: several are tried together.
SSHD_FIRST = "/etc/ssh/sshd_config.d/00-intruder"
JOURNAL_LAST = "/etc/systemd/journald.conf.d/99-intruder"
APT_LAST = "/etc/apt/apt.conf.d/99intruder"

_SECURITY_UPDATE = """
mkdir -p /var/tmp/repo && cd /var/tmp/repo &&
apt-cache show --no-all-versions sudo | sed 's/^Version: .*/Version: 99/' >Packages &&
printf 'Origin: Debian\\nLabel: Debian-Security\\nSuite: x\\nCodename: x\\nSHA256:\\n' >Release &&
echo " $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages" >>Release &&
echo 'deb [trusted=yes] file:/var/tmp/repo ./' >/etc/apt/sources.list.d/intruder.list &&
apt-get update
"""

_FORBIDDEN_PACKAGE = """
mkdir -p /var/tmp/rpcbind/DEBIAN && cd /var/tmp &&
printf 'Package: rpcbind\\nVersion: 1\\nArchitecture: all\\n' >rpcbind/DEBIAN/control &&
printf 'Maintainer: x <x@localhost>\\nDescription: x\\n' >>rpcbind/DEBIAN/control &&
dpkg-deb --build rpcbind && dpkg --install rpcbind.deb && rm -r rpcbind rpcbind.deb
"""

BREAKS: tuple[Break, ...] = (
    Break(control="BAS-01", damage="hostname somebody-else", note="renamed for a test"),
    Break(
        control="BAS-02",
        # Of the same hour: another one makes systemd run at once what the night has behind it.
        damage="ln -sfn /usr/share/zoneinfo/Pacific/Honolulu /etc/localtime",
        note="another place's time zone",
    ),
    Break(
        control="BAS-03",
        damage=f"usermod --shell /bin/sh {TECHNICIAN}",
        note="an account changed by hand",
    ),
    Break(
        control="BAS-04",
        damage="echo ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFsFOy9sR3v1VpNPn0Yk0S2mJ1x5yq0o7m8Vt1bq "
        f"intruder >>/etc/ssh/authorized_keys.d/{TECHNICIAN}",
        note="one more key, just for today",
        also=(DRIFT,),
    ),
    Break(
        control="BAS-05",
        damage="sed -i 's/NOPASSWD: //' /etc/sudoers.d/mairie",
        note="sudo asks for a password nobody has",
        also=(DRIFT,),
    ),
    Break(
        control="BAS-06",
        damage="useradd --no-create-home --groups mairie-technicians intruder",
        note="somebody who left keeps an account",
    ),
    Break(
        control="BAS-07",
        damage="useradd --non-unique --uid 0 --no-create-home toor",
        note="a second root",
        repair="sed -i /^toor:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow",
    ),
    Break(
        control="BAS-08",
        damage=f"echo {TECHNICIAN}:moerai-2026 | chpasswd",
        note="a technician gives himself a password",
    ),
    Break(
        control="BAS-09",
        damage="chmod 644 /etc/sudoers.d/mairie",
        note="rights widened to read a file",
        also=(DRIFT,),
    ),
    Break(
        control="BAS-10",
        damage=f"echo AllowAgentForwarding yes >{SSHD_FIRST}-10.conf",
        note="a drop-in read before ours",
        repair=f"rm {SSHD_FIRST}-10.conf; systemctl reload ssh",
    ),
    Break(
        control="BAS-11",
        damage=f"echo MACs hmac-sha1 >{SSHD_FIRST}-11.conf",
        note="an old client had to connect",
        repair=f"rm {SSHD_FIRST}-11.conf; systemctl reload ssh",
    ),
    Break(
        control="BAS-12",
        damage=f"echo Ciphers aes256-gcm@openssh.com,aes128-ctr >{SSHD_FIRST}-12.conf; "
        "systemctl reload ssh",
        note="an old client had to connect, and the server was told",
        also=("BAS-11",),
        repair=f"rm {SSHD_FIRST}-12.conf; systemctl reload ssh",
    ),
    Break(
        control="BAS-13",
        damage="printf 'PasswordAuthentication yes\\nAuthenticationMethods any\\n' "
        f">{SSHD_FIRST}-13.conf; systemctl reload ssh",
        note="a key was lost, so passwords were opened",
        also=("BAS-10",),
        repair=f"rm {SSHD_FIRST}-13.conf; systemctl reload ssh",
    ),
    Break(
        control="BAS-14",
        # Not "disable": systemd 257 loses the state of a running unit whose alias goes away.
        damage="systemctl stop ssh.service",
        note="nobody can get in any more",
        also=("BAS-04", "BAS-10", "BAS-11", "BAS-12", "BAS-13", "BAS-15"),
    ),
    Break(control="BAS-15", damage=": >/etc/issue.net", note="no warning", also=(DRIFT,)),
    Break(
        control="BAS-20",
        damage="systemctl stop chrony.service",
        note="the time service stopped",
        # BAS-24 would start it again.
        also=("BAS-21", "BAS-22", "BAS-23", "BAS-24"),
    ),
    Break(
        control="BAS-21",
        role="gateway",
        damage=f"sed -i '/ prefer/d' {CHRONY}; systemctl restart chrony.service",
        note="the hub is no longer asked",
        also=(DRIFT, "BAS-23"),
    ),
    Break(
        control="BAS-22",
        role="gateway",
        damage=f"sed -i '/^allow/d' {CHRONY}; systemctl restart chrony.service",
        note="the site gets no time",
        also=(DRIFT, "BAS-23"),
    ),
    Break(
        control="BAS-23",
        role="gateway",
        # Every source: one that disagrees with all others is left aside as a falseticker.
        damage=f"sed -i -E 's/^(server|pool) .*/& offset 3600/' {CHRONY}; "
        "systemctl restart chrony.service; sleep 20",
        note="the clock is an hour off, as its sources say; never try this outside a container",
        also=(DRIFT,),
    ),
    Break(
        control="BAS-24",
        damage=f"sed -i 's/^cmdport 0/cmdport 323/' {CHRONY}; systemctl restart chrony.service",
        note="a control port is opened",
        also=(DRIFT, "BAS-23"),
    ),
    Break(
        control="BAS-30",
        damage=f"echo 'APT::Periodic::Unattended-Upgrade \"0\";' >{APT_LAST}-30",
        note="upgrades switched off for a while, and forgotten",
        repair=f"rm {APT_LAST}-30",
    ),
    Break(
        control="BAS-31",
        damage="echo 'Unattended-Upgrade::Origins-Pattern { \"origin=Debian\"; };' "
        f">{APT_LAST}-31",
        note="everything upgrades by itself",
        repair=f"rm {APT_LAST}-31",
    ),
    Break(
        control="BAS-32",
        damage="systemctl stop apt-daily-upgrade.timer",
        note="the nightly timer stopped",
    ),
    Break(
        control="BAS-33",
        # A fetch that began before would end now, and be recent.
        damage="systemctl stop apt-daily.service; rm -f /var/lib/apt/periodic/update-stamp; "
        "touch -d '20 days ago' /var/lib/apt/periodic/update-success-stamp",
        note="the link was cut for three weeks",
        repair="touch /var/lib/apt/periodic/update-success-stamp",
    ),
    Break(
        control="BAS-34",
        damage=_SECURITY_UPDATE,
        note="a security fix is out and not installed",
        repair="rm -r /var/tmp/repo /etc/apt/sources.list.d/intruder.list; apt-get update",
    ),
    Break(
        control="BAS-35",
        damage="echo linux-image-amd64 | tee /run/reboot-required /run/reboot-required.pkgs",
        note="a new kernel waits for a restart",
        repair="rm /run/reboot-required /run/reboot-required.pkgs",
    ),
    Break(
        control="BAS-36",
        damage="sed -i '/^Package: sudo$/,/^$/s/^Status: .*/Status: install ok half-configured/' "
        "/var/lib/dpkg/status",
        # apt, asked for anything else, would finish the package.
        also=("BAS-34", "BAS-71", "BAS-72"),
        note="the power failed during an upgrade",
    ),
    Break(
        control="BAS-40",
        damage=f"printf '[Journal]\\nStorage=volatile\\n' >{JOURNAL_LAST}-40.conf; "
        "systemctl restart systemd-journald",
        note="the journal is lost at the next start",
        # A journal in memory has no limit on disk to tell.
        also=("BAS-41",),
        repair=f"rm {JOURNAL_LAST}-40.conf; systemctl restart systemd-journald",
    ),
    Break(
        control="BAS-41",
        damage=f"printf '[Journal]\\nSystemMaxUse=20G\\n' >{JOURNAL_LAST}-41.conf; "
        "systemctl restart systemd-journald",
        note="the journal may fill the disk",
        repair=f"rm {JOURNAL_LAST}-41.conf; systemctl restart systemd-journald",
    ),
    Break(
        control="BAS-42",
        damage=f"printf '[Journal]\\nMaxRetentionSec=1day\\n' >{JOURNAL_LAST}-42.conf",
        note="the journal forgets after a day",
        repair=f"rm {JOURNAL_LAST}-42.conf; systemctl restart systemd-journald",
    ),
    Break(
        control="BAS-50",
        damage="sysctl -w net.ipv4.tcp_syncookies=0",
        note="a kernel parameter changed by hand",
    ),
    Break(
        control="BAS-51",
        damage="echo net.ipv4.tcp_syncookies=0 >/etc/sysctl.d/99-intruder.conf",
        note="a kernel parameter changes at the next start",
        repair="rm /etc/sysctl.d/99-intruder.conf",
    ),
    Break(
        control="BAS-52",
        damage="sed -i /sctp/d /etc/modprobe.d/mairie.conf",
        note="a module may load again",
        also=(DRIFT,),
    ),
    Break(
        control="BAS-53",
        damage="modprobe --ignore-install hfs",
        note="a module was loaded by hand",
        repair="modprobe --remove hfs",
        machine=True,
    ),
    Break(
        control="BAS-54",
        damage="echo '* hard core unlimited' >/etc/security/limits.d/zz-intruder.conf",
        note="memory images switched on to study a crash",
        repair="rm /etc/security/limits.d/zz-intruder.conf",
    ),
    Break(
        control="BAS-55",
        damage="echo umask 022 >/etc/profile.d/zz-intruder.sh",
        note="files are open again",
        repair="rm /etc/profile.d/zz-intruder.sh",
    ),
    Break(
        control="BAS-60",
        damage="touch /etc/intruder.conf && chmod 666 /etc/intruder.conf",
        note="a setting that anybody may write",
        repair="rm /etc/intruder.conf",
    ),
    Break(
        control="BAS-61",
        damage="mkdir /opt/intruder-folder && chmod 777 /opt/intruder-folder",
        note="a folder shared with everybody",
        repair="rmdir /opt/intruder-folder",
    ),
    Break(
        control="BAS-62",
        damage="touch /opt/intruder-file && chown 54321:54321 /opt/intruder-file",
        note="a file whose owner was removed",
        repair="rm /opt/intruder-file",
    ),
    Break(
        control="BAS-63",
        damage="install -m 4755 /bin/true /usr/local/bin/intruder",
        note="a program that gives root away",
        repair="rm /usr/local/bin/intruder",
    ),
    Break(
        control="BAS-64",
        damage="chmod 644 /etc/shadow",
        note="password hashes for everybody",
        repair="chmod 640 /etc/shadow",
    ),
    Break(control=DRIFT, damage="echo changed >>/etc/motd", note="a file changed by hand"),
    Break(
        control="BAS-70",
        damage="systemd-run --unit=intruder --wait false; true",
        note="a service failed",
        repair="systemctl reset-failed",
    ),
    Break(
        control="BAS-71",
        damage="DEBIAN_FRONTEND=noninteractive apt-get remove --yes unattended-upgrades",
        note="a package removed by hand",
    ),
    Break(
        control="BAS-72",
        damage=_FORBIDDEN_PACKAGE,
        note="a service that does not belong",
    ),
    Break(
        control="BAS-73",
        damage="mount -t tmpfs -o size=64k tmpfs /srv; head -c 100000 /dev/zero >/srv/full; true",
        note="a disk is full",
        repair="umount /srv",
    ),
)
"""In the order of the controls, one break for each."""
