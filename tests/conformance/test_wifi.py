"""Controls of brick wifi: who may log in by name, and who is not even answered.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022);
ANSSI DAT-NT-005, Recommandations de sécurité relatives aux réseaux Wi-Fi (2013).
Hashes, keys and shared secrets are read in this process only: no command line holds one, no
message shows one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mairie.files import TemplateFile
from mairie.files.wifi import (
    AUTHORITY,
    CERTIFICATE,
    CLIENTS,
    DEBIAN_HOSTAPD,
    DEBIAN_SERVICE,
    GROUP,
    HOSTAPD,
    KEY,
    PASSWORDS,
    RADIUS,
    SERVICE,
    files,
    radio_files,
    radius_files,
    with_password,
)
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks import radius
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, is_active
from mairie.host.probe import CannotLookError, Probe, said
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import AccessPoint, WifiPlan

PROGRAM = "freeradius"
EFFECTIVE = f"freeradius -CX -l stdout -d {RADIUS}"
"""The configuration as the server itself understands it; it hides secrets."""
AHEAD = timedelta(days=30)
SHARED = ("/etc", "/home", "/root", "/run", "/srv", "/tmp", "/var/log", "/var/tmp")
"""Where a copy of a secret could be left."""
STRANGER = "nobody-has-this-login"


def wifi_of(plan: HostPlan) -> WifiPlan:
    """Return the plan of a gateway with a RADIUS server."""
    assert plan.wifi is not None
    return plan.wifi


def answers(plan: HostPlan) -> bool:
    """Whether this host has a RADIUS server."""
    return plan.wifi is not None and plan.wifi.has_radius


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin what takes longest."""
    probe.start([EFFECTIVE] if answers(plan) else [])


# Service ------------------------------------------------------------------------------------------


@control(
    "WIF-01",
    title="Le serveur RADIUS est en service, maintenant et au démarrage",
    reason="Sans lui, aucun agent n'entre plus sur le réseau sans fil.",
    severity="critical",
    references=("ANSSI hygiène 20",),
    each=lambda plan: ("is-active", "is-enabled") if answers(plan) else (),
)
def test_service(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} {SERVICE}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{SERVICE} : {word or 'absent'}"


@control(
    "WIF-02",
    title="Il n'écoute que vers les points d'accès et ses propres radios",
    reason="Une adresse de plus, et d'autres réseaux peuvent essayer des mots de passe.",
    severity="high",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62"),
    applies=answers,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    wifi = wifi_of(plan)
    found = {item.local for item in sockets(probe) if item.program == PROGRAM}
    wanted = {f"{address}:{wifi.port}" for address in wifi.listens}
    assert found == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"


@control(
    "WIF-03",
    title="Les fichiers du serveur sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan) if not file.secret},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("wifi", subject.path)
    assert not found, found


@control(
    "WIF-04",
    title="Le serveur tourne avec ses fichiers d'aujourd'hui",
    reason="Il les lit à son démarrage : une personne retirée du fichier entrerait encore.",
    severity="high",
    references=("ANSSI hygiène 6",),
    applies=answers,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    own = (file.path for file in radius_files(wifi_of(plan)))
    late = changed_since_start(probe, SERVICE, own)
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "WIF-05",
    title="La configuration par défaut de Debian ne répond pas",
    reason="Elle écoute partout et connaît un secret que tout le monde connaît.",
    severity="high",
    references=("ANSSI hygiène 14", "ANSSI-BP-028 R62"),
    each=lambda plan: (
        *((DEBIAN_SERVICE,) if answers(plan) else ()),
        *(DEBIAN_HOSTAPD if plan.wifi and plan.wifi.radios else ()),
    ),
)
def test_no_default(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl is-enabled {subject}").stdout.strip()
    assert word == "masked", f"{subject} : {word or 'absent'}"
    if not subject.endswith("@.service"):
        active = probe(is_active(subject)).stdout.strip()
        assert active != "active", f"{subject} tourne"


# Secrets ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guarded:
    """A file or folder and the rights it must have."""

    name: str
    mode: str
    group: str


def guarded(plan: HostPlan) -> tuple[Guarded, ...]:
    """Return the folders, and everything in them: they say who works here."""
    if plan.wifi is None:
        return ()
    kinds = (
        (RADIUS, "750", "640", GROUP, radius_files(plan.wifi)),
        (HOSTAPD, "700", "600", "root", radio_files(plan.wifi)),
    )
    return tuple(
        each
        for folder, of_folder, of_file, group, placed in kinds
        if placed
        for each in (
            Guarded(folder, of_folder, group),
            *(Guarded(x.path, of_file, group) for x in placed if x.path.startswith(f"{folder}/")),
        )
    )


@control(
    "WIF-10",
    title="Clés, empreintes et secrets ne sont lisibles que par leur service",
    reason="L'empreinte d'un mot de passe suffit pour entrer à la place de la personne.",
    severity="critical",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    each=guarded,
)
def test_modes(subject: Guarded, probe: Probe) -> None:
    output = probe(f"stat -c '%a %U:%G' {subject.name}")
    assert output.ok, f"{subject.name} manque"
    found, wanted = output.stdout.strip(), f"{subject.mode} root:{subject.group}"
    assert found == wanted, f"droits {found}, attendus {wanted}"


def secret_values(plan: HostPlan) -> list[bytes]:
    """Return what must stay in its files.

    Raises:
        CannotLookError: one of them cannot be read.

    """
    wifi = wifi_of(plan)
    paths = [CLIENTS, PASSWORDS, KEY] if wifi.has_radius else []
    paths += [file.path for file in radio_files(wifi) if file.secret]
    try:
        texts = {path: Path(path).read_text() for path in paths}
    except OSError as error:
        raise CannotLookError(f"{error.filename} : {error.strerror}") from error
    key = [line for line in texts.get(KEY, "").splitlines() if not line.startswith("-----")]
    found = [*filter(None, key[:1])]
    for text in texts.values():
        found += re.findall(r'^\s*secret = "([^"]+)"', text, re.MULTILINE)
        found += re.findall(r"NT-Password := 0x([0-9A-F]{32})", text)
        found += re.findall(
            r"^(?:wpa_passphrase|auth_server_shared_secret)=(.+)", text, re.MULTILINE
        )
        found += re.findall(r"^r[01]kh=\S+ \S+ (\S+)", text, re.MULTILINE)
        found += re.findall(r"^keyid=\S+ \S+ (\S+)", text, re.MULTILINE)
    return [value.encode() for value in found]


@control(
    "WIF-11",
    title="Aucun secret du Wi-Fi n'apparaît ailleurs que dans ses fichiers",
    reason="Arguments d'un programme, copie oubliée, journal : tous les comptes y lisent.",
    severity="critical",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50"),
    each=lambda plan: ("processus", "fichiers") if plan.wifi else (),
)
def test_no_copy(subject: str, probe: Probe, plan: HostPlan) -> None:
    hidden = secret_values(plan)
    if subject == "processus":
        paths = [str(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    else:
        listed = probe(
            f"find {' '.join(SHARED)} -xdev -type f -size -1024k -perm /044 "
            f"-not -path '{RADIUS}/*' -not -path '{HOSTAPD}/*' -print0 2>/dev/null"
        )
        paths = [name for name in listed.stdout.split("\0") if name]
    for name in paths:
        try:
            text = Path(name).read_bytes()
        except OSError:  # it ended, or went, meanwhile
            continue
        assert not any(value in text for value in hidden), f"dans {name}"


# Who is let in ------------------------------------------------------------------------------------


@control(
    "WIF-20",
    title="Seules les personnes du plan ont un mot de passe",
    reason="Un compte oublié ou ajouté à la main est une porte que personne ne surveille.",
    severity="critical",
    references=("ANSSI hygiène 6", "ANSSI hygiène 8"),
    applies=answers,
)
def test_people(plan: HostPlan) -> None:
    lines = Path(PASSWORDS).read_text().splitlines()
    found = {line.split()[0] for line in lines if line and line[0] not in "# \t"}
    wanted = {person.login for person in with_password(wifi_of(plan))}
    extra, gone = sorted(found - wanted), sorted(wanted - found)
    assert not extra, f"en trop : {', '.join(extra)}"
    assert not gone, f"manquent : {', '.join(gone)}"


def known_access_points() -> dict[str, tuple[str, str]]:
    """Return address and secret of each access point in the file, by name."""
    text = Path(CLIENTS).read_text()
    found = re.findall(
        r'^client (\S+) \{\s+ipaddr = (\S+)\s+secret = "([^"]+)"', text, re.MULTILINE
    )
    return {name: (address, secret) for name, address, secret in found}


@control(
    "WIF-21",
    title="Seuls les points d'accès du plan sont connus",
    reason="Un point d'accès pirate connu du serveur récolterait les tentatives des agents.",
    severity="critical",
    references=("ANSSI hygiène 7", "ANSSI DAT-NT-005"),
    applies=answers,
)
def test_access_points(plan: HostPlan) -> None:
    found = {name: address for name, (address, _) in known_access_points().items()}
    wifi = wifi_of(plan)
    wanted = {point.name: point.address for point in wifi.access_points}
    if wifi.asks_itself:
        wanted["own_radios"] = "127.0.0.1"
    assert found == wanted, f"connus : {found}, le plan dit {wanted}"
    clients = len(re.findall(r"^\s*client\s", Path(CLIENTS).read_text(), re.MULTILINE))
    assert clients == len(wanted), f"{clients} clients dans {CLIENTS}"


@control(
    "WIF-22",
    title="Une machine qui n'est pas un point d'accès n'a pas de réponse",
    reason="Qui est entendu peut essayer des mots de passe, même avec le bon secret.",
    severity="high",
    references=("RFC 2865, section 3", "ANSSI hygiène 19"),
    each=lambda plan: plan.wifi.access_points if plan.wifi else (),
)
def test_stranger(subject: AccessPoint, plan: HostPlan, probe: Probe) -> None:
    wifi = wifi_of(plan)
    if probe(is_active(SERVICE)).stdout.strip() != "active":
        raise CannotLookError(f"{SERVICE} n'est pas en service")
    known = known_access_points()
    if subject.name not in known:
        raise CannotLookError(f"{subject.name} n'est pas dans {CLIENTS}")
    request = radius.access_request(STRANGER, known[subject.name][1].encode())
    code = radius.answer(wifi.address, wifi.port, request, source=wifi.address)
    assert code is None, f"la passerelle elle-même a eu une réponse (code {code})"


# How ----------------------------------------------------------------------------------------------


def lines_of(probe: Probe) -> list[str]:
    """Return the configuration as the server reads it, a line each."""
    return [" ".join(line.split()) for line in said(probe(EFFECTIVE)).splitlines()]


@control(
    "WIF-30",
    title="Le serveur exige ce qui protège les échanges",
    reason="Sans signature, une réponse se forge (CVE-2024-3596) ; sans TLS 1.2, elle se lit.",
    severity="critical",
    references=("CVE-2024-3596", "ANSSI DAT-NT-005", "RFC 9325"),
    each=lambda plan: (
        (
            "require_message_authenticator = yes",
            "limit_proxy_state = yes",
            'tls_min_version = "1.2"',
            "check_crl = yes",
            "auth_badpass = no",
            "auth_goodpass = no",
            "status_server = no",
            "proxy_requests = no",
        )
        if answers(plan)
        else ()
    ),
)
def test_protection(subject: str, probe: Probe) -> None:
    key, _, wanted = subject.replace('"', "").partition(" = ")
    values = [
        value.strip('"')
        for name, _, value in (x.partition(" = ") for x in lines_of(probe))
        if name == key
    ]
    assert values, f"{key} n'est pas réglé"
    assert set(values) == {wanted}, f"{key} = {', '.join(sorted(set(values)))}"


@control(
    "WIF-31",
    title="Rien n'est accepté hors d'un tunnel TLS",
    reason="Un mot de passe ou son défi, hors de TLS, se lit et se casse.",
    severity="critical",
    references=("ANSSI DAT-NT-005", "ANSSI hygiène 20"),
    applies=answers,
)
def test_methods(probe: Probe) -> None:
    loaded = {line.split()[-1] for line in lines_of(probe) if "Linked to sub-module" in line}
    wanted = {f"rlm_eap_{kind}" for kind in ("tls", "peap", "ttls", "mschapv2")}
    assert loaded == wanted, f"méthodes : {', '.join(sorted(loaded))}"


# Certificates -------------------------------------------------------------------------------------


@control(
    "WIF-40",
    title="Certificat, clé et liste de révocation vont ensemble",
    reason="Un appareil bien réglé refuse un serveur dont le nom ou l'autorité ne va pas.",
    severity="critical",
    references=("ANSSI hygiène 20", "RFC 5280"),
    each=lambda plan: ("certificat", "clé", "révocations") if answers(plan) else (),
)
def test_certificates(subject: str, probe: Probe, plan: HostPlan) -> None:
    if subject == "certificat":
        done = probe(
            f"openssl verify -CAfile {AUTHORITY} -purpose sslserver -no-CApath -no-CAstore "
            f"-verify_hostname {wifi_of(plan).server_name} {CERTIFICATE}"
        )
        assert done.ok, (done.stderr or done.stdout).strip()[-200:]
    elif subject == "clé":
        pair = {
            said(probe(f"openssl x509 -in {CERTIFICATE} -noout -pubkey")),
            said(probe(f"openssl pkey -in {KEY} -pubout")),
        }
        assert len(pair) == 1, "la clé n'est pas celle du certificat"
    else:
        done = probe(f"openssl crl -in {AUTHORITY} -CAfile {AUTHORITY} -verify -noout")
        assert done.ok, f"{done.stderr.strip()[-200:]}"
        assert "verify OK" in done.stderr, f"{done.stderr.strip()[-200:]}"


@control(
    "WIF-41",
    title="Aucun certificat du serveur n'expire dans les trente jours",
    reason="Le jour où il expire, personne n'entre plus, et il faut venir sur place.",
    severity="high",
    references=("ANSSI hygiène 20",),
    each=lambda plan: ("serveur", "autorité", "révocations") if answers(plan) else (),
)
def test_expiry(subject: str, probe: Probe) -> None:
    asked = {
        "serveur": f"openssl x509 -in {CERTIFICATE} -noout -enddate",
        "autorité": f"openssl x509 -in {AUTHORITY} -noout -enddate",
        "révocations": f"openssl crl -in {AUTHORITY} -noout -nextupdate",
    }
    text = said(probe(asked[subject])).partition("=")[2].strip()
    until = datetime.strptime(text, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    left = until - datetime.now(UTC)
    assert left >= AHEAD, f"expire le {until:%Y-%m-%d}, dans {left.days} jours"
