"""Controls of brick ``base``: technicians, sudo, SSH."""

import re
from pathlib import Path

from mairie.files.base import GROUP
from mairie.host.control import control
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.base import User


def users(plan: HostPlan) -> tuple[User, ...]:
    """Return the technicians who have an account."""
    return plan.base.users


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    names = [user.name for user in users(plan)]
    probe.start(
        [
            KNOCK,
            *(weak_command(option, name) for option, name in WEAK.items()),
            *(f"runuser -u {name} -- sudo -n id -u" for name in names),
        ]
    )


# Accounts -----------------------------------------------------------------------------------------


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


# SSH ----------------------------------------------------------------------------------------------

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
