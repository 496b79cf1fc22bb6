"""Controls of brick ``base``: packages and their upgrades."""

import re
from pathlib import Path

from mairie.files.base import lists_at
from mairie.host.control import control
from mairie.host.probe import Probe, said
from mairie.plan.host import HostPlan


def ahead(_plan: HostPlan, probe: Probe) -> None:
    """Begin the commands that take longest."""
    probe.start(
        [
            SIMULATED_UPGRADE,
            "apt-config dump",
            "dpkg --audit",
        ]
    )


SIMULATED_UPGRADE = "apt-get --simulate -o Debug::NoLocking=1 --quiet dist-upgrade"
SECURITY_ONLY = "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"
OF_THE_HUB = "origin=mairie,label=mairie"


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
    title="Seuls les correctifs de Debian et les paquets du siège s'installent sans personne",
    reason="Le reste se choisit : une nouvelle version peut changer un service.",
    severity="medium",
    references=("ANSSI hygiène 34", "ANSSI-BP-028 R59"),
)
def test_upgrade_origins(probe: Probe, plan: HostPlan) -> None:
    found = [
        line.partition(" ")[2].strip('";')
        for line in said(probe("apt-config dump")).splitlines()
        if re.match(r"Unattended-Upgrade::(Origins-Pattern|Allowed-Origins):: ", line)
    ]
    wanted = [SECURITY_ONLY, *([OF_THE_HUB] if plan.packages else [])]
    assert found == wanted, f"origines : {', '.join(found) or 'aucune'}"


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
    told = said(probe(f"systemctl show {timer} -p SubState -p NextElapseUSecRealtime")).split("\n")
    state = dict(line.partition("=")[::2] for line in told)
    shown = state.get("NextElapseUSecRealtime", "")
    # While what it starts is at work there is no next time yet.
    if state.get("SubState") != "running":
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
