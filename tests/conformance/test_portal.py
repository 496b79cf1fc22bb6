"""Controls of brick portal: visitors meet the page first, and get out for what was said.

Numbers: ANSSI, Guide d'hygiène informatique 2.0 (2017), 42 measures; ANSSI-BP-028 2.0 (2022).
"""

import json
import re
import sqlite3
import time
from typing import Any

from mairie.files import TemplateFile
from mairie.files.portal import ACCOUNT, DATABASE, SERVICE, STATE, files
from mairie.host.control import control
from mairie.host.drift import Drift
from mairie.host.looks.sockets import sockets
from mairie.host.looks.unit import changed_since_start, rights
from mairie.host.probe import CannotLookError, Probe, as_json, said
from mairie.nftables import portal as rules
from mairie.plan.host import HostPlan
from mairie.plan.parts.portal import PortalPlan

TABLE = "nft --json list table inet mairie"
CAPABILITIES = (1 << 12) | (1 << 10)
"""CAP_NET_ADMIN and CAP_NET_BIND_SERVICE (linux/capability.h)."""
ELSEWHERE = re.compile(r"""(?:src|href|action|url\()=?["'(]?\s*(?:https?:)?//|<script|@import""")


def portal_of(plan: HostPlan) -> PortalPlan:
    """Return the plan of a gateway that shows visitors a page."""
    assert plan.portal is not None
    return plan.portal


def shows(plan: HostPlan) -> bool:
    """Whether this host shows visitors a page."""
    return plan.portal is not None


def ahead(plan: HostPlan, probe: Probe) -> None:
    """Begin the command that several controls read."""
    probe.start([TABLE] if shows(plan) else [])


def elements(probe: Probe, kind: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    """Return a set or a map as nft tells it, and what is in it.

    Raises:
        CannotLookError: it is not there.

    """
    for item in as_json(probe(TABLE))["nftables"]:
        if item.get(kind, {}).get("name") == name:
            found: dict[str, Any] = item[kind]
            return found, found.get("elem", [])
    raise CannotLookError(f"{name} n'existe pas dans le pare-feu")


def value(item: Any) -> Any:
    """Return the value of an element, whatever more is said about it."""
    return item["elem"]["val"] if isinstance(item, dict) else item


@control(
    "POR-01",
    title="Le portail est en service, maintenant et au démarrage",
    reason="Sans lui, plus aucun visiteur n'obtient l'internet.",
    severity="medium",
    references=("ANSSI hygiène 20",),
    each=lambda plan: ("is-active", "is-enabled") if plan.portal else (),
)
def test_service(subject: str, probe: Probe) -> None:
    word = probe(f"systemctl {subject} {SERVICE}").stdout.strip()
    assert word == subject.removeprefix("is-"), f"{SERVICE} : {word or 'absent'}"


@control(
    "POR-02",
    title="Le portail ne répond qu'aux visiteurs",
    reason="Une adresse de plus, et la page est offerte à des réseaux qui n'en ont pas besoin.",
    severity="medium",
    references=("ANSSI hygiène 19", "ANSSI-BP-028 R62"),
    applies=shows,
)
def test_listens(probe: Probe, plan: HostPlan) -> None:
    portal = portal_of(plan)
    found = {item.local for item in sockets(probe) if item.port == portal.port}
    wanted = {f"{portal.ipv4}:{portal.port}", f"[{portal.ipv6}]:{portal.port}"}
    assert found == wanted, f"écoute sur {', '.join(sorted(found)) or 'rien'}"


@control(
    "POR-03",
    title="Les fichiers du portail sont ceux du plan",
    reason="Une retouche à la main disparaît au prochain déploiement, ou survit sans être connue.",
    severity="medium",
    references=("ANSSI hygiène 16",),
    each=lambda plan: {file.path: file for file in files(plan)},
)
def test_file(subject: TemplateFile, drift: Drift) -> None:
    found = drift("portal", subject.path)
    assert not found, found


@control(
    "POR-04",
    title="Le portail tourne avec ses fichiers d'aujourd'hui",
    reason="Il les lit à son démarrage : d'anciennes conditions ou limites resteraient en vigueur.",
    severity="medium",
    references=("ANSSI hygiène 6",),
    applies=shows,
)
def test_has_read_them(probe: Probe, plan: HostPlan) -> None:
    late = changed_since_start(probe, SERVICE, (file.path for file in files(plan)))
    assert not late, f"changés depuis son démarrage : {', '.join(late)}"


@control(
    "POR-05",
    title="Le programme exposé aux visiteurs n'a que deux droits",
    reason="Chacun peut lui parler : il ne doit ni lire les secrets, ni changer le système.",
    severity="high",
    references=("ANSSI hygiène 29", "ANSSI-BP-028 R63"),
    applies=shows,
)
def test_rights(probe: Probe) -> None:
    found = rights(probe, SERVICE)
    user = said(probe(f"id -u {ACCOUNT}")).strip()
    assert found.users == {user}, f"tourne sous le compte {', '.join(sorted(found.users))}"
    extra = found.capabilities & ~CAPABILITIES
    assert not extra, f"droits du noyau en trop : {extra:#x}"
    assert not found.may_gain, "pourrait obtenir d'autres droits"


@control(
    "POR-10",
    title="La page d'accueil répond en français et ne cherche rien ailleurs",
    reason="Un visiteur sans internet ne verrait pas ce qui vient d'ailleurs ; et nul n'est pisté.",
    severity="medium",
    references=("RFC 8952", "RGAA 8.3"),
    each=lambda plan: (plan.portal.ipv4, f"[{plan.portal.ipv6}]") if plan.portal else (),
)
def test_page(subject: str, probe: Probe, plan: HostPlan) -> None:
    script = (
        "import sys,urllib.request;sys.stdout.write("
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open("
        f"'http://{subject}/',timeout=8).read().decode())"
    )
    output = probe(f'python3 -I -c "{script}"')
    assert output.ok, f"aucune page : {(output.stderr.strip().splitlines() or ['rien'])[-1]}"
    text = output.stdout
    assert '<html lang="fr">' in text, "la page n'est pas en français"
    assert plan.place.commune_label.replace("'", "&#x27;") in text, "la commune n'est pas nommée"
    assert not ELSEWHERE.search(text), "la page cherche quelque chose ailleurs"


@control(
    "POR-11",
    title="Volume et durée d'une session sont tenus par le noyau",
    reason="Un programme arrêté ne doit pas laisser une session ouverte pour toujours.",
    severity="high",
    references=("ANSSI hygiène 19",),
    applies=shows,
)
def test_kernel_limits(probe: Probe, plan: HostPlan) -> None:
    portal = portal_of(plan)
    declared, inside = elements(probe, "set", rules.SET)
    devices, admitted = elements(probe, "map", rules.MAP)
    for known in (declared, devices):
        assert "timeout" in known.get("flags", []), f"{known['name']} n'a pas de durée"
    now = [item for item in inside if not isinstance(item, dict)]
    assert not now, f"sessions sans durée ni volume : {now}"
    now = [item["elem"]["val"] for item in inside if "expires" not in item["elem"]]
    assert not now, f"sessions sans durée : {now}"
    for_ever = [value(key) for key, _ in admitted if "expires" not in json.dumps(key)]
    assert not for_ever, f"appareils admis sans durée : {for_ever}"
    factor = {"bytes": 1, "kbytes": 1024, "mbytes": 1024**2}
    quotas = [each["quota"] for each in declared.get("stmt", []) if "quota" in each]
    found = [each["val"] * factor[each["val_unit"]] for each in quotas]
    assert found == [portal.data_bytes], f"volume {found} au lieu de {portal.data_bytes} octets"


@control(
    "POR-12",
    title="Chaque appareil admis a accepté les conditions",
    reason="Un appareil ajouté à la main passe sans rien accepter, et sans trace.",
    severity="high",
    references=("ANSSI hygiène 36",),
    applies=shows,
)
def test_admitted(probe: Probe) -> None:
    _, devices = elements(probe, "map", rules.MAP)
    found = {(value(key), value(mark)) for key, mark in devices}
    try:
        database = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=5)
        rows = database.execute("SELECT mac, number, until FROM session").fetchall()
    except sqlite3.Error as error:
        raise CannotLookError(f"{DATABASE} : {error}") from error
    known = {(mac, number) for mac, number, until in rows if until > time.time()}
    strangers = sorted(mac for mac, _ in found - known)
    assert not strangers, f"{len(strangers)} appareil(s) admis sans session : {strangers[0]}"


@control(
    "POR-20",
    title="Codes et sessions ne sont lisibles que par le portail",
    reason="Ils disent qui est venu et quand ; des codes lisibles seraient des accès offerts.",
    severity="high",
    references=("ANSSI hygiène 11", "ANSSI-BP-028 R50", "RGPD art. 32"),
    each=lambda plan: {STATE: "700", DATABASE: "600"} if plan.portal else {},
)
def test_modes(subject: str, probe: Probe) -> None:
    path = STATE if subject == "700" else DATABASE
    output = probe(f"stat -c '%a %U:%G' {path}")
    assert output.ok, f"{path} manque"
    found, wanted = output.stdout.strip(), f"{subject} {ACCOUNT}:{ACCOUNT}"
    assert found == wanted, f"droits {found}, attendus {wanted}"
