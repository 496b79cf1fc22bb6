"""Controls of brick base: names, accounts, SSH, time, upgrades, journal, hardening.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import json
import re
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.base import GROUP, files, lists_at
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import BlockedModule, HostPlan, Sysctl, User


def in_container(probe: Probe) -> bool:
    """Whether the kernel and the clock belong to another machine."""
    return probe("systemd-detect-virt --container --quiet").ok


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    names = [user.name for user in users(plan)]
    probe.start(
        [
            CLOCK,
            WALK,
            SIMULATED_UPGRADE,
            "apt-config dump",
            "dpkg --audit",
            KNOCK,
            *(weak_command(option, name) for option, name in WEAK.items()),
            *(f"runuser -u {name} -- sudo -n id -u" for name in names),
            *(f"runuser -l {name} -c umask" for name in names),
            *(f"runuser -l {name} -c 'ulimit -Hc'" for name in names),
            *(modprobe(module.name) for module in plan.base.blocked_modules),
        ]
    )


def users(plan: HostPlan) -> tuple[User, ...]:
    """Return the technicians who have an account."""
    return plan.base.users


# Names -------------------------------------------------------------------------------------------


@control(
    "BAS-01",
    title="La machine porte son nom",
    reason="Journaux, supervision et techniciens désignent la machine par ce nom.",
    severity="medium",
    references=("ANSSI hygiène 4",),
)
def test_host_name(probe: Probe, plan: HostPlan) -> None:
    name = said(probe("hostname")).strip()
    assert name == plan.name, f"elle se nomme {name}, le plan dit {plan.name}"
    full = said(probe("hostname --fqdn")).strip()
    assert full == plan.fqdn, f"son nom complet est {full}, le plan dit {plan.fqdn}"


@control(
    "BAS-02",
    title="L'heure locale est celle de la commune",
    reason="Horaires d'école, fenêtres de mise à jour et journaux se lisent en heure locale.",
    severity="medium",
    references=("ANSSI hygiène 36",),
)
def test_time_zone(probe: Probe, plan: HostPlan) -> None:
    ours = said(probe("date --date=@1700000000 +'%F %T %z'")).strip()
    wanted = said(probe(f"TZ={plan.timezone} date --date=@1700000000 +'%F %T %z'")).strip()
    assert ours == wanted, f"le même instant se lit {ours} au lieu de {wanted} ({plan.timezone})"
    zone = str(Path("/etc/localtime").resolve()).removeprefix("/usr/share/zoneinfo/")
    assert zone == plan.timezone, f"le fuseau est {zone}, le plan dit {plan.timezone}"


# Accounts ----------------------------------------------------------------------------------------


@control(
    "BAS-03",
    title="Chaque technicien a son compte",
    reason="Un compte par personne : on sait qui a fait quoi.",
    severity="high",
    references=("ANSSI hygiène 8", "ANSSI-BP-028 R33"),
    each=users,
)
def test_account(subject: User, probe: Probe) -> None:
    entry = probe(f"getent passwd {subject.name}")
    assert entry.ok, f"le compte {subject.name} n'existe pas"
    shell = entry.stdout.strip().split(":")[6]
    assert shell == "/bin/bash", f"son interpréteur est {shell}"
    groups = said(probe(f"id -Gn {subject.name}")).split()
    assert GROUP in groups, f"il n'est pas membre de {GROUP}"
    expiry = said(probe(f"getent shadow {subject.name}")).strip().split(":")[7]
    assert not expiry, "le compte a une date de fin : il est fermé"


@control(
    "BAS-04",
    title="Les clés d'un technicien sont celles de l'inventaire, toutes et rien d'autre",
    reason="Une clé ajoutée à la main survit au départ de son propriétaire.",
    severity="critical",
    references=("ANSSI hygiène 6", "ANSSI hygiène 8"),
    each=users,
)
def test_keys(subject: User, probe: Probe) -> None:
    settings = sshd(probe, f"-C user={subject.name},host=localhost,addr=127.0.0.1")
    where = settings["authorizedkeysfile"].replace("%u", subject.name)
    assert where == f"/etc/ssh/authorized_keys.d/{subject.name}", f"sshd lit ses clés dans {where}"
    path = Path(where)
    assert path.is_file(), f"{where} n'existe pas"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert sorted(lines) == sorted(subject.ssh_keys), "les clés ne sont pas celles de l'inventaire"


@control(
    "BAS-05",
    title="Un technicien devient administrateur par sudo",
    reason="Sans sudo, il faudrait partager le compte root.",
    severity="high",
    references=("ANSSI-BP-028 R33", "ANSSI-BP-028 R38"),
    each=users,
)
def test_sudo(subject: User, probe: Probe) -> None:
    done = probe(f"runuser -u {subject.name} -- sudo -n id -u")
    assert done.ok, f"sudo refuse : {done.stderr.strip()}"
    assert done.stdout.strip() == "0", f"sudo donne l'identité {done.stdout.strip()}"


@control(
    "BAS-06",
    title="Seuls les techniciens de l'inventaire sont administrateurs",
    reason="Le compte d'une personne partie doit être fermé.",
    severity="critical",
    references=("ANSSI hygiène 5", "ANSSI hygiène 6", "ANSSI-BP-028 R30"),
)
def test_no_other_technician(probe: Probe, plan: HostPlan) -> None:
    members = said(probe(f"getent group {GROUP}")).strip().split(":")[3]
    extra = {name for name in members.split(",") if name} - {user.name for user in users(plan)}
    assert not extra, f"comptes en trop : {', '.join(sorted(extra))}"


@control(
    "BAS-07",
    title="Seul root a l'identité 0",
    reason="Un second compte d'identité 0 est une porte dérobée.",
    severity="critical",
    references=("ANSSI hygiène 8", "ANSSI-BP-028 R33"),
)
def test_only_root_is_zero(probe: Probe) -> None:
    names = said(probe("awk -F: '$3 == 0 { print $1 }' /etc/passwd")).split()
    assert names == ["root"], f"comptes d'identité 0 : {', '.join(names)}"


@control(
    "BAS-08",
    title="Aucun compte de personne ne s'ouvre par mot de passe",
    reason="Un mot de passe se devine et se partage ; une clé, non.",
    severity="high",
    references=("ANSSI hygiène 10", "ANSSI hygiène 13"),
)
def test_no_password(probe: Probe) -> None:
    script = (
        "getent shadow | while IFS=: read name hash rest; do "
        "uid=$(id -u $name); case $hash in '!'*|'*'*) ;; '') echo $name vide;; "
        "*) [ $uid -ge 1000 ] && echo $name défini;; esac; done; true"
    )
    found = said(probe(script)).splitlines()
    assert not found, f"mots de passe : {', '.join(found)}"


@control(
    "BAS-09",
    title="Les règles de sudo sont valides et protégées",
    reason="Une règle illisible coupe sudo ; une règle modifiable par tous donne tout.",
    severity="high",
    references=("ANSSI-BP-028 R39", "ANSSI-BP-028 R50"),
)
def test_sudoers(probe: Probe) -> None:
    done = probe("visudo -c")
    assert done.ok, f"visudo refuse : {(done.stdout + done.stderr).strip()}"
    loose = said(
        probe("find /etc/sudoers /etc/sudoers.d -type f '(' -perm /037 -o ! -user root ')'")
    )
    assert not loose.strip(), f"droits trop larges : {loose.strip()}"


# SSH ---------------------------------------------------------------------------------------------

SSH = "ssh -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no"
NOWHERE = "-o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -F /dev/null"


def sshd(probe: Probe, match: str = "") -> dict[str, str]:
    """Return what sshd makes of its files: keyword → value, as ``sshd -T`` shows them."""
    lines = said(probe(f"/usr/sbin/sshd -T {match}".strip())).splitlines()
    return dict(line.partition(" ")[::2] for line in lines)


def ssh_settings(plan: HostPlan) -> dict[str, tuple[str, str]]:
    """Return label → (keyword, value) of the settings that matter."""
    jump = plan.is_hub or plan.is_gateway
    wanted = {
        "passwordauthentication": "no",
        "kbdinteractiveauthentication": "no",
        "permitemptypasswords": "no",
        "permitrootlogin": "without-password",
        "pubkeyauthentication": "yes",
        "authenticationmethods": "publickey",
        "allowagentforwarding": "no",
        "allowtcpforwarding": "local" if jump else "no",
        "allowstreamlocalforwarding": "no",
        "gatewayports": "no",
        "permittunnel": "no",
        "permituserenvironment": "no",
        "x11forwarding": "no",
        "loglevel": "VERBOSE",
    }
    return {keyword: (keyword, value) for keyword, value in wanted.items()}


@control(
    "BAS-10",
    title="Le serveur SSH a les réglages de la référence",
    reason="Chaque facilité inutile est une entrée de plus.",
    severity="high",
    references=("ANSSI hygiène 21", "ANSSI-BP-028 R63", "ANSSI-BP-028 R67"),
    each=ssh_settings,
)
def test_ssh_setting(subject: tuple[str, str], probe: Probe) -> None:
    keyword, value = subject
    found = sshd(probe)[keyword]
    assert found == value, f"{keyword} vaut {found}, la référence dit {value}"


@control(
    "BAS-11",
    title="Le serveur SSH ne propose que des algorithmes modernes",
    reason="Un algorithme faible suffit à lire ou à falsifier une session.",
    severity="high",
    references=("ANSSI hygiène 21",),
    each=lambda plan: {
        "kexalgorithms": ("kexalgorithms", ",".join(plan.base.ssh.kex)),
        "ciphers": ("ciphers", ",".join(plan.base.ssh.ciphers)),
        "macs": ("macs", ",".join(plan.base.ssh.macs)),
    },
)
def test_ssh_algorithms(subject: tuple[str, str], probe: Probe) -> None:
    keyword, value = subject
    found = sshd(probe)[keyword]
    assert found == value, f"{keyword} vaut {found}, la référence dit {value}"


KNOCK = f"{SSH} {NOWHERE} -o PreferredAuthentications=none root@127.0.0.1 true"
"""Ask sshd what it lets one try, without trying."""

WEAK = {
    "KexAlgorithms": "diffie-hellman-group14-sha256",
    "Ciphers": "aes128-ctr",
    "MACs": "hmac-sha1",
    "HostKeyAlgorithms": "rsa-sha2-512",
}


def weak_command(option: str, name: str) -> str:
    """Return the command of a client that knows nothing but one weak algorithm."""
    # A cipher with its own authentication leaves no MAC to negotiate: ask for one without.
    extra = " -o Ciphers=aes128-ctr" if option == "MACs" else ""
    return f"{SSH} {NOWHERE} -o {option}={name}{extra} root@127.0.0.1 true"


@control(
    "BAS-12",
    title="Le serveur SSH en marche refuse les algorithmes écartés",
    reason="Le fichier dit une chose, le serveur en marche peut en faire une autre.",
    severity="high",
    references=("ANSSI hygiène 21",),
    each=lambda _: {option: (option, name) for option, name in WEAK.items()},
)
def test_ssh_refuses_weak(subject: tuple[str, str], probe: Probe) -> None:
    option, name = subject
    done = probe(weak_command(option, name))
    if "Connection refused" in done.stderr or "timed out" in done.stderr:
        raise CannotLookError(f"le serveur SSH ne répond pas : {done.stderr.strip()}")
    assert "no matching" in done.stderr, f"il accepte {name} : {done.stderr.strip()[-200:]}"


@control(
    "BAS-13",
    title="Le serveur SSH en marche ne laisse essayer aucun mot de passe",
    reason="Des robots essaient des mots de passe jour et nuit.",
    severity="critical",
    references=("ANSSI hygiène 13", "ANSSI-BP-028 R67"),
)
def test_ssh_refuses_passwords(probe: Probe) -> None:
    done = probe(KNOCK)
    offered = re.search(r"Permission denied \(([^)]*)\)", done.stderr)
    if offered is None:
        raise CannotLookError(f"le serveur SSH ne répond pas : {done.stderr.strip()[-200:]}")
    assert offered[1] == "publickey", f"il propose : {offered[1]}"


@control(
    "BAS-14",
    title="Le serveur SSH tourne et démarre avec la machine",
    reason="Sans lui, il faut prendre l'avion.",
    severity="critical",
    references=("ANSSI hygiène 16",),
)
def test_ssh_runs(probe: Probe) -> None:
    active = probe("systemctl is-active ssh.service").stdout.strip()
    assert active == "active", f"ssh.service est {active}"
    enabled = probe("systemctl is-enabled ssh.service").stdout.strip()
    assert enabled == "enabled", f"au démarrage, ssh.service est {enabled}"


@control(
    "BAS-15",
    title="Un avertissement précède toute connexion",
    reason="Qui entre sans droit ne peut dire qu'il l'ignorait.",
    severity="low",
    references=("Code pénal, art. 323-1",),
)
def test_banner(probe: Probe) -> None:
    done = probe(KNOCK)
    if "Permission denied" not in done.stderr:
        raise CannotLookError(f"le serveur SSH ne répond pas : {done.stderr.strip()[-200:]}")
    assert "Accès réservé" in done.stderr, "le serveur SSH n'affiche pas l'avertissement"


# Time --------------------------------------------------------------------------------------------


CLOCK = "chronyc waitsync 20 0 0 1 >/dev/null; chronyc -c tracking"
"""A service just started gets some seconds to measure."""


@dataclass(frozen=True)
class Answer:
    """What an NTP server says (RFC 5905)."""

    stratum: int
    offset: float
    """Seconds by which this machine's clock is behind the server's."""


EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""


def ask_time(address: str) -> Answer | None:
    """Ask once more when the first question is lost; None: no answer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        for _ in range(2):
            try:
                sent = time.time()
                # Version 4, mode 3: client.
                asking.sendto(b"\x23" + 47 * b"\0", (address, 123))
                answer = asking.recv(512)
                back = time.time()
            except OSError:
                continue
            if len(answer) >= 48 and answer[0] & 7 == 4:
                seconds, fraction, seconds2, fraction2 = struct.unpack("!4I", answer[32:48])
                heard = seconds + fraction / 2**32 - EPOCH
                said_at = seconds2 + fraction2 / 2**32 - EPOCH
                return Answer(answer[1], ((heard - sent) + (said_at - back)) / 2)
    return None


def time_addresses(plan: HostPlan) -> dict[str, str]:
    """Return label → own address on which this host must give time."""
    if not plan.base.ntp.serve_to:
        return {}
    found = {}
    for segment in plan.network.segments:
        found[f"{segment.segment} IPv4"] = segment.ipv4.partition("/")[0]
        found[f"{segment.segment} IPv6"] = segment.ipv6.partition("/")[0]
    if plan.is_hub and plan.vpn is not None:
        found["vpn IPv4"] = plan.vpn.ipv4.partition("/")[0]
        found["vpn IPv6"] = plan.vpn.ipv6.partition("/")[0]
    return found


@control(
    "BAS-20",
    title="Le service de temps tourne et démarre avec la machine",
    reason="Des journaux à l'heure fausse ne prouvent rien.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI-BP-028 R71"),
)
def test_chrony_runs(probe: Probe) -> None:
    active = probe("systemctl is-active chrony.service").stdout.strip()
    assert active == "active", f"chrony.service est {active}"
    enabled = probe("systemctl is-enabled chrony.service").stdout.strip()
    assert enabled == "enabled", f"au démarrage, chrony.service est {enabled}"


@control(
    "BAS-21",
    title="L'heure vient d'abord du siège",
    reason="Une même heure partout permet de rapprocher les journaux.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    applies=lambda plan: bool(plan.base.ntp.preferred),
)
def test_preferred_source(probe: Probe, plan: HostPlan) -> None:
    listed = said(probe("chronyc -c -n sources")).splitlines()
    names = [line.split(",")[2] for line in listed]
    assert plan.base.ntp.preferred in names, f"sources : {', '.join(names) or 'aucune'}"


@control(
    "BAS-22",
    title="La machine donne l'heure au site",
    reason="Téléphones, caméras et postes gardent la même heure, lien coupé ou non.",
    severity="medium",
    references=("ANSSI hygiène 36",),
    each=time_addresses,
)
def test_gives_time(subject: str) -> None:
    answer = ask_time(subject)
    assert answer is not None, f"pas d'heure à l'adresse {subject}"
    assert 0 < answer.stratum < 16, f"le service n'a pas d'heure (strate {answer.stratum})"


@control(
    "BAS-23",
    title="L'horloge est juste",
    reason="Une horloge fausse trompe journaux, certificats et horaires.",
    severity="high",
    references=("ANSSI hygiène 36",),
)
def test_clock(probe: Probe, plan: HostPlan) -> None:
    # Field order: chronyc(1), tracking.
    fields = said(probe(CLOCK)).split(",")
    if fields[0] == "7F7F0101":
        raise CannotLookError("aucune source de temps ne répond : l'horloge va seule")
    if fields[13].strip() != "Normal":
        raise CannotLookError(f"l'horloge n'est pas encore réglée ({fields[13].strip()})")
    # Where the clock is another machine's, chronyd does not correct it: its last measure stands.
    offsets = {"d'après chrony": float(fields[5 if in_container(probe) else 4])}
    answer = ask_time(plan.base.ntp.preferred) if plan.base.ntp.preferred else None
    if answer is not None:
        offsets["d'après sa source"] = answer.offset
    wrong = [f"{offset:+.3f} s {who}" for who, offset in offsets.items() if abs(offset) >= 1]
    assert not wrong, f"écart : {', '.join(wrong)}"


@control(
    "BAS-24",
    title="Le service de temps ne se commande pas par le réseau",
    reason="Un port de commande ouvert est une entrée de plus.",
    severity="medium",
    references=("ANSSI-BP-028 R80",),
)
def test_no_command_port(probe: Probe) -> None:
    heard = said(probe("ss -Hlun 'sport = :323'")).strip()
    assert not heard, f"le port 323 est ouvert : {heard}"


# Upgrades ----------------------------------------------------------------------------------------

SIMULATED_UPGRADE = "apt-get --simulate -o Debug::NoLocking=1 --quiet dist-upgrade"
SECURITY_ONLY = "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"


@control(
    "BAS-30",
    title="Les mises à jour de sécurité s'installent seules",
    reason="La plupart des attaques visent des failles déjà corrigées.",
    severity="critical",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R61"),
    each=lambda _: {
        key: (key, value)
        for key, value in {
            "APT::Periodic::Enable": "1",
            "APT::Periodic::Update-Package-Lists": "1",
            "APT::Periodic::Unattended-Upgrade": "1",
            "Unattended-Upgrade::Automatic-Reboot": "false",
        }.items()
    },
)
def test_upgrades(subject: tuple[str, str], probe: Probe) -> None:
    key, value = subject
    found = [
        line.partition(" ")[2].strip('";')
        for line in said(probe("apt-config dump")).splitlines()
        if line.partition(" ")[0] == key
    ]
    assert found == [value], f"{key} vaut {' puis '.join(found) or 'rien'}, attendu {value}"


@control(
    "BAS-31",
    title="Seules les corrections de sécurité de Debian s'installent seules",
    reason="Le reste se choisit : une nouvelle version peut changer un service.",
    severity="medium",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R59"),
)
def test_upgrade_origins(probe: Probe) -> None:
    found = [
        line.partition(" ")[2].strip('";')
        for line in said(probe("apt-config dump")).splitlines()
        if re.match(r"Unattended-Upgrade::(Origins-Pattern|Allowed-Origins):: ", line)
    ]
    assert found == [SECURITY_ONLY], f"origines : {', '.join(found) or 'aucune'}"


@control(
    "BAS-32",
    title="Les mises à jour passent à l'heure prévue",
    reason="De nuit, et pas toutes les communes à la fois.",
    severity="medium",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R61"),
    each=lambda plan: {
        "apt-daily.timer": ("apt-daily.timer", lists_at(plan.base.upgrades_at)),
        "apt-daily-upgrade.timer": ("apt-daily-upgrade.timer", plan.base.upgrades_at),
    },
)
def test_timer(subject: tuple[str, str], probe: Probe) -> None:
    timer, wanted = subject
    active = probe(f"systemctl is-active {timer}").stdout.strip()
    assert active == "active", f"{timer} est {active}"
    shown = said(probe(f"systemctl show {timer} -p NextElapseUSecRealtime --value")).strip()
    assert f" {wanted}:" in shown, f"prochain passage : {shown or 'aucun'}, prévu à {wanted}"
    enabled = probe(f"systemctl is-enabled {timer}").stdout.strip()
    assert enabled == "enabled", f"au démarrage, {timer} est {enabled}"


@control(
    "BAS-33",
    title="La liste des paquets est récente",
    reason="Une liste ancienne ne connaît pas les dernières corrections.",
    severity="medium",
    references=("ANSSI hygiène 34",),
)
def test_package_lists(probe: Probe) -> None:
    stamps = "/var/lib/apt/periodic/update-stamp /var/lib/apt/periodic/update-success-stamp"
    times = probe(f"stat -c %Y {stamps}").stdout.split()
    now = int(said(probe("date +%s")))
    assert times, "elle n'a jamais été lue"
    days = (now - max(map(int, times))) / 86_400
    assert days < 8, f"elle a {days:.0f} jours"


@control(
    "BAS-34",
    title="Aucune correction de sécurité n'attend",
    reason="Une faille publiée est exploitée en quelques jours.",
    severity="high",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R61"),
)
def test_no_upgrade_waits(probe: Probe) -> None:
    plan = said(probe(SIMULATED_UPGRADE))
    waiting = [
        line.split()[1]
        for line in plan.splitlines()
        if line.startswith("Inst ") and "Debian-Security" in line
    ]
    assert not waiting, f"paquets : {', '.join(waiting)}"


@control(
    "BAS-35",
    title="Aucun redémarrage n'est dû",
    reason="Une correction du noyau ne protège qu'après un redémarrage.",
    severity="medium",
    references=("ANSSI hygiène 34",),
)
def test_no_reboot_due(probe: Probe) -> None:
    due = probe("test -e /run/reboot-required && cat /run/reboot-required.pkgs")
    assert not Path("/run/reboot-required").exists(), f"redémarrer : {' '.join(due.lines)}"


@control(
    "BAS-36",
    title="Les paquets sont tous configurés",
    reason="Une coupure de courant pendant une mise à jour laisse des services à moitié installés.",
    severity="high",
    references=("ANSSI hygiène 34",),
)
def test_packages_are_whole(probe: Probe) -> None:
    audit = said(probe("dpkg --audit")).strip()
    assert not audit, audit


# Journal -----------------------------------------------------------------------------------------


def journald(probe: Probe) -> dict[str, str]:
    """Return the settings of journald, the last word on each."""
    text = said(probe("systemd-analyze cat-config systemd/journald.conf"))
    pairs = (line.partition("=")[::2] for line in text.splitlines() if re.match(r"[A-Z]\w*=", line))
    return dict(pairs)


def journald_pid(probe: Probe) -> str:
    """Return the process that writes the journal."""
    return said(probe("systemctl show --property=MainPID --value systemd-journald.service")).strip()


@control(
    "BAS-40",
    title="Le journal survit à un redémarrage",
    reason="Après un incident, on commence souvent par redémarrer.",
    severity="high",
    references=("ANSSI hygiène 36", "ANSSI-BP-028 R71"),
)
def test_journal_is_kept(probe: Probe) -> None:
    active = probe("systemctl is-active systemd-journald.service").stdout.strip()
    assert active == "active", f"systemd-journald est {active}"
    open_files = said(probe(f"ls -l /proc/{journald_pid(probe)}/fd"))
    assert " /var/log/journal/" in open_files, "il s'écrit en mémoire, pas dans /var/log/journal"
    storage = journald(probe).get("Storage")
    assert storage == "persistent", f"au redémarrage il serait « {storage} »"


@control(
    "BAS-41",
    title="Le journal ne remplit pas le disque",
    reason="Un disque plein arrête les services.",
    severity="medium",
    references=("ANSSI-BP-028 R71",),
)
def test_journal_is_bounded(probe: Probe, plan: HostPlan) -> None:
    wanted = plan.base.journal_max_bytes
    asked = journald(probe).get("SystemMaxUse", "rien")
    assert asked == str(wanted), f"limite demandée : {asked}, prévue : {wanted} octets"
    # journald's own words when it starts: systemd's catalog, "Disk space used by the journal".
    command = (
        "journalctl MESSAGE_ID=ec387f577b844b8fa948f33cad9a75e6 JOURNAL_NAME='System Journal' "
        f"_PID={journald_pid(probe)} -n 1 -o json --no-pager"
    )
    text = said(probe(command)).strip()
    if text:
        limit = int(json.loads(text)["MAX_USE"])
        assert limit == wanted, f"limite en vigueur : {limit} octets, prévue : {wanted}"
    used = int(said(probe("du -sb /var/log/journal")).split()[0])
    assert used < wanted * 1.1, f"il occupe {used} octets, pour une limite de {wanted}"


@control(
    "BAS-42",
    title="Le journal est gardé le temps prévu",
    reason="Une intrusion se découvre des mois plus tard.",
    severity="medium",
    references=("ANSSI hygiène 36",),
)
def test_journal_retention(probe: Probe, plan: HostPlan) -> None:
    found = journald(probe).get("MaxRetentionSec", "sans limite")
    wanted = f"{plan.base.journal_retention_days}day"
    assert found == wanted, f"durée {found}, prévue {wanted}"


# Kernel ------------------------------------------------------------------------------------------

HARDENING = (
    "ANSSI-BP-028 R9",
    "ANSSI-BP-028 R11",
    "ANSSI-BP-028 R12",
    "ANSSI-BP-028 R13",
    "ANSSI-BP-028 R14",
)


@control(
    "BAS-50",
    title="Le noyau a les réglages de la référence",
    reason="Ils ferment des voies d'attaque connues.",
    severity="medium",
    references=HARDENING,
    each=lambda plan: plan.base.sysctl,
)
def test_kernel_parameter(subject: Sysctl, probe: Probe) -> None:
    path = Path("/proc/sys") / subject.key.replace(".", "/")
    found = " ".join(path.read_text().split()) if path.exists() else "absent"
    if found != subject.value and in_container(probe) and not probe(f"test -w {path}").ok:
        raise CannotLookError(f"vaut {found} ; dans un conteneur, c'est la machine qui en décide")
    assert found == subject.value, f"vaut {found}, attendu {subject.value} ({subject.rule})"


def persisted(probe: Probe) -> dict[str, str]:
    """Return the value that each kernel parameter gets at the next start."""
    text = said(probe("systemd-analyze cat-config sysctl.d"))
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith(("#", ";")))
    return {key.strip(" -").replace("/", "."): value.strip() for key, _, value in lines if value}


@control(
    "BAS-51",
    title="Le noyau retrouvera ses réglages au redémarrage",
    reason="Un réglage fait à la main disparaît à la première coupure de courant.",
    severity="medium",
    references=HARDENING,
    each=lambda plan: plan.base.sysctl,
)
def test_kernel_parameter_at_start(subject: Sysctl, probe: Probe) -> None:
    found = persisted(probe).get(subject.key, "rien")
    assert found == subject.value, f"au démarrage {found}, attendu {subject.value} ({subject.rule})"


def modprobe(name: str) -> str:
    """Return the command that says what loading a module would do, loaded already or not."""
    return f"modprobe --show-depends {name}"


@control(
    "BAS-52",
    title="Les modules inutiles du noyau ne peuvent se charger",
    reason="Un protocole que personne n'emploie n'est surveillé par personne.",
    severity="medium",
    references=("ANSSI-BP-028 R62",),
    each=lambda plan: plan.base.blocked_modules,
)
def test_module_is_blocked(subject: BlockedModule, probe: Probe) -> None:
    done = probe(modprobe(subject.name))
    # Modules that it depends on come first; the last line is what would become of itself.
    assert done.stdout.strip().rpartition("\n")[2].strip() == "install /bin/false", (
        f"il se chargerait : {done.stdout.strip() or done.stderr.strip()} ({subject.rule})"
    )


@control(
    "BAS-53",
    title="Aucun module inutile du noyau n'est chargé",
    reason="L'interdire ne décharge pas ce qui l'est déjà.",
    severity="medium",
    references=("ANSSI-BP-028 R62",),
    each=lambda plan: plan.base.blocked_modules,
)
def test_module_is_absent(subject: BlockedModule, probe: Probe) -> None:
    table = Path("/proc/modules")
    # A kernel without loadable modules has no such file.
    loaded = {line.split()[0] for line in table.read_text().splitlines()} if table.exists() else ()
    if subject.name.replace("-", "_") not in loaded:
        return
    if in_container(probe):
        raise CannotLookError("chargé par la machine qui porte ce conteneur")
    raise AssertionError("il est chargé : redémarrer la machine")


@control(
    "BAS-54",
    title="La mémoire d'un programme n'est jamais écrite sur le disque",
    reason="Elle contient des clés.",
    severity="medium",
    references=("ANSSI-BP-028 R14",),
    each=lambda plan: {
        "services": "systemctl show --property=DefaultLimitCORE --value",
        **{user.name: f"runuser -l {user.name} -c 'ulimit -Hc'" for user in users(plan)},
    },
)
def test_no_core_dump(subject: str, probe: Probe) -> None:
    found = said(probe(subject)).strip()
    assert found == "0", f"taille permise : {found}"


@control(
    "BAS-55",
    title="Ce qu'une personne écrit n'est lu que par elle",
    reason="Un fichier de travail peut contenir un secret.",
    severity="low",
    references=("ANSSI-BP-028 R36",),
    each=users,
)
def test_umask(subject: User, probe: Probe) -> None:
    found = said(probe(f"runuser -l {subject.name} -c umask")).strip()
    assert found == "0077", f"umask vaut {found}"


# Files -------------------------------------------------------------------------------------------

WALK = (
    "find / -xdev "
    r"'(' -path /proc -o -path /sys -o -path /var/lib/docker ')' -prune -o "
    r"'(' -type d -perm -0002 ! -perm -1000 -printf 'open %p\n' ')' , "
    r"'(' '(' -nouser -o -nogroup ')' -printf 'nobody %p\n' ')' , "
    r"'(' -type f -perm /6000 -printf 'setuid %p\n' ')'"
)


def walked(probe: Probe, kind: str) -> list[str]:
    """Return paths of one kind from one walk over the root file system."""
    lines = said(probe(WALK)).splitlines()
    return [path for word, _, path in (line.partition(" ") for line in lines) if word == kind]


@control(
    "BAS-60",
    title="Aucun réglage n'est modifiable par tous",
    reason="Qui écrit dans /etc commande la machine.",
    severity="high",
    references=("ANSSI hygiène 9", "ANSSI-BP-028 R50"),
)
def test_etc_is_closed(probe: Probe) -> None:
    found = said(probe("find /etc -xdev ! -type l -perm -0002")).split()
    assert not found, f"modifiables par tous : {', '.join(found)}"


@control(
    "BAS-61",
    title="Un dossier ouvert à tous protège les fichiers de chacun",
    reason="Sans ce bit, chacun peut effacer ou remplacer les fichiers d'un autre.",
    severity="medium",
    references=("ANSSI-BP-028 R54",),
)
def test_sticky(probe: Probe) -> None:
    found = walked(probe, "open")
    assert not found, f"dossiers : {', '.join(found)}"


@control(
    "BAS-62",
    title="Chaque fichier a un propriétaire connu",
    reason="Le prochain compte créé en hériterait.",
    severity="medium",
    references=("ANSSI-BP-028 R53",),
)
def test_owned(probe: Probe) -> None:
    found = walked(probe, "nobody")
    assert not found, f"sans propriétaire : {', '.join(found[:20])}"


@control(
    "BAS-63",
    title="Un programme qui donne des droits vient d'un paquet de Debian",
    reason="Un programme setuid ajouté à la main donne root à qui le trouve.",
    severity="high",
    references=("ANSSI-BP-028 R56",),
)
def test_setuid(probe: Probe) -> None:
    found = walked(probe, "setuid")
    known = probe(f"dpkg-query --search {' '.join(found)}").stdout.splitlines()
    packaged = {line.partition(": ")[2] for line in known}
    strange = sorted(set(found) - packaged)
    assert not strange, f"d'origine inconnue : {', '.join(strange)}"


SENSITIVE = {
    "/etc/passwd": "644 root:root",
    "/etc/group": "644 root:root",
    "/etc/shadow": "640 root:shadow",
    "/etc/gshadow": "640 root:shadow",
    "/etc/sudoers": "440 root:root",
    "/etc/ssh/ssh_host_ed25519_key": "600 root:root",
    "/etc/chrony/chrony.keys": "640 root:_chrony",
    "/var/lib/mairie": "711 root:root",
    "/var/log/mairie": "700 root:root",
}


@control(
    "BAS-64",
    title="Les fichiers sensibles ne sont lus que par qui le doit",
    reason="Ils contiennent mots de passe, clés ou règles d'accès.",
    severity="high",
    references=("ANSSI hygiène 9", "ANSSI-BP-028 R50"),
    each=lambda _: {path: (path, wanted) for path, wanted in SENSITIVE.items()},
)
def test_sensitive_file(subject: tuple[str, str], probe: Probe) -> None:
    path, wanted = subject
    found = said(probe(f"stat -c '%a %U:%G' {path}")).strip()
    assert found == wanted, f"droits {found}, attendus {wanted}"


@control(
    "BAS-65",
    title="Les fichiers gérés sont ceux du déploiement",
    reason="Un changement fait à la main n'est ni relu, ni répété, ni gardé.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=files,
)
def test_no_drift(subject: TemplateFile, drift: Drift) -> None:
    found = drift("base", subject.path)
    assert not found, found


# Services ----------------------------------------------------------------------------------------


@control(
    "BAS-70",
    title="Aucun service n'est en échec",
    reason="Un service tombé sans bruit manque le jour où il sert.",
    severity="high",
    references=("ANSSI hygiène 36",),
)
def test_no_failed_unit(probe: Probe) -> None:
    listed = said(probe("systemctl list-units --failed --plain --no-legend"))
    names = [line.split()[0] for line in listed.splitlines()]
    assert not names, f"en échec : {', '.join(names)}"


def installed(probe: Probe) -> set[str]:
    """Return the names of installed packages."""
    query = "dpkg-query --show --showformat='${Package} ${db:Status-Want} ${db:Status-Status}\\n'"
    rows = (line.split() for line in said(probe(query)).splitlines())
    return {name for name, _, status in rows if status not in {"not-installed", "config-files"}}


@control(
    "BAS-71",
    title="Les paquets nécessaires sont installés",
    reason="Sans eux, la machine ne tient pas son rôle.",
    severity="high",
    references=("ANSSI hygiène 14",),
    each=lambda plan: plan.base.packages_present,
)
def test_package_present(subject: str, probe: Probe) -> None:
    assert subject in installed(probe), "il n'est pas installé"


@control(
    "BAS-72",
    title="Les paquets qui n'ont rien à faire ici sont absents",
    reason="Chaque service inutile est une entrée de plus.",
    severity="medium",
    references=("ANSSI-BP-028 R58", "ANSSI-BP-028 R62"),
    each=lambda plan: plan.base.packages_absent,
)
def test_package_absent(subject: str, probe: Probe) -> None:
    assert subject not in installed(probe), "il est installé"


@control(
    "BAS-73",
    title="Il reste de la place sur les disques",
    reason="Un disque plein arrête journaux, sauvegardes et services.",
    severity="high",
    references=("ANSSI hygiène 36",),
    each=lambda _: ["/", "/var", "/var/log", "/srv"],
)
def test_disk_space(subject: str, probe: Probe) -> None:
    fields = said(probe(f"df --output=pcent,ipcent {subject}")).split()[-2:]
    space, inodes = (int(field.rstrip("%")) if field != "-" else 0 for field in fields)
    assert space < 90, f"rempli à {space} %"
    assert inodes < 90, f"fichiers : {inodes} % du nombre possible"
