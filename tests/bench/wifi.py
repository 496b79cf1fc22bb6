"""Log-ins by name beside Debian's own FreeRADIUS, and the deploy of a gateway's Wi-Fi."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mairie.bundle import make_bundle
from mairie.files.wifi import AUTHORITY, CERTIFICATE, DEBIAN_SERVICE, KEY, SERVICE
from mairie.inventory import load
from mairie.lab.stations import by_certificate, by_password, of_agent
from mairie.plan.parts.wifi import WifiPlan
from mairie.secrets.identity import find_identity
from mairie.secrets.logins import Logins
from mairie.secrets.vault import Vault
from tests.bench.figures import Figure, verdict
from tests.bench.logins import Method, Server, Taken, crowd, median
from tests.bench.pushed import first_deploy, measure, no_change_deploy
from tests.bench.pushed import median as median_push
from tests.bench.world import DEMO, World, world

BOX, CLIENT, POINT, COMMUNE = "rapa-mairie-box", "rapa-mairie-admin", "ap-hall", "rapa"
PORTS = "ports: {admin: eth1"
RADIOS = "radios: {wlan0: {band: 2.4}, wlan1: {band: 5, width: 80}}"
HINA, MOANA = "hina.teriitahi", "moana.tehei"
PER_S = 20
"""The two hundred devices of a large school are in ten seconds after the current is back."""
CPU_SHARE = 1.1
"""Of what a log-in costs with Debian's own configuration; a tenth is the measurement's."""
DEBIAN = "/etc/freeradius/3.0"
UNTUNED = f"""
systemctl unmask {DEBIAN_SERVICE}
cat >>{DEBIAN}/clients.conf <<end
client point {{
    ipaddr = $1
    secret = $2
}}
end
sed -i "1i $3 NT-Password := 0x$4" {DEBIAN}/mods-config/files/authorize
sed -i \\
    -e 's|^\\t\\tprivate_key_file = .*|\\t\\tprivate_key_file = {KEY}|' \\
    -e 's|^\\t\\tcertificate_file = .*|\\t\\tcertificate_file = {CERTIFICATE}|' \\
    -e 's|^\\t\\tca_file = .*|\\t\\tca_file = {AUTHORITY}|' \\
    {DEBIAN}/mods-available/eap
"""
"""Debian's configuration as its package leaves it, with our certificate, one user, one client."""
TAKE_TURNS = 'own=$1; shift; for other; do systemctl stop "$other"; done; systemctl restart "$own"'


def figures(
    rtt_s: float, runs: int, say: Callable[[str], None], *, alone: bool
) -> Iterator[Figure]:
    """Measure in a lab that ends with the last figure.

    Args:
        rtt_s: round-trip time added to deploys.
        runs: how often each is repeated.
        say: told what is being done.
        alone: leave Debian's own configuration out.

    """
    with tempfile.TemporaryDirectory(prefix="mairie-bench-") as name:
        folder = Path(name)
        inventory = with_radios(folder / "inventory")
        with world(folder, say, (BOX, CLIENT), inventory) as lab:
            say("Preparing the gateway: its network")
            lab.prepare_ssh(BOX, ("openssh-server",))
            lab.deploy(BOX, "network")
            yield from _deploys(lab, rtt_s, runs, say)
            yield from _logins(lab, inventory, runs, say, alone=alone)


def with_radios(folder: Path) -> Path:
    """Copy the demo, and give a gateway with an access point radios of its own."""
    shutil.copytree(DEMO, folder)
    path = folder / "communes" / f"{COMMUNE}.yaml"
    text = path.read_text()
    if text.count(PORTS) != 1:
        raise ValueError(f"{path}: {PORTS} is not there once")
    path.write_text(text.replace(PORTS, f"{RADIOS}\n        {PORTS}"))
    logins = Logins(Vault(folder, load(folder, secrets=False)))
    logins.generate(lambda: find_identity(folder, demo=True))
    return folder


def _deploys(lab: World, rtt_s: float, runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    secrets = lab.session.reach().secrets(BOX)
    bundle = partial(make_bundle, lab.session.plans[BOX], secrets)
    with lab.door(BOX, rtt_s) as door:
        say("First deploy of the Wi-Fi")
        first = measure(lab, door, bundle, "apply", "root", only=("wifi",))
        what = "first deploy of brick wifi: log-ins by name, two radios"
        yield first_deploy("wifi", what, first)
        say("Deploying it again")
        again = median_push(
            [measure(lab, door, bundle, "apply", "root", only=("wifi",)) for _ in range(runs)]
        )
        yield no_change_deploy("wifi", "no-change deploy of brick wifi", again)


def _logins(
    lab: World, inventory: Path, runs: int, say: Callable[[str], None], *, alone: bool
) -> Iterator[Figure]:
    wifi = lab.session.plans[BOX].wifi
    if wifi is None:
        raise ValueError(f"{BOX} has no Wi-Fi")
    logins = Logins(Vault(inventory, lab.session.territory))
    secret = logins.access_point(BOX, POINT, lab.session.identity)[2]
    point = next(item for item in wifi.access_points if item.name == POINT)
    as_point = f"ip address replace {point.address}/24 dev eth0 && ip link set eth0 up"
    lab.lab.check(CLIENT, ["sh", "-c", as_point])
    methods = _methods(lab, logins, wifi)
    units = [SERVICE]
    if not alone:
        stored = lab.session.reach().secrets(BOX).others[f"wifi-password:{HINA}"]
        untuned = ["sh", "-ec", UNTUNED, "untuned", point.address, secret, HINA, stored]
        lab.lab.check(BOX, untuned, timeout=120)
        units.append(DEBIAN_SERVICE)
    taken: dict[tuple[str, str], list[Taken]] = {}
    for number in range(runs):
        for unit in units:
            say(f"Devices log in: {unit}, {number + 1} of {runs}")
            # In turns: what else the machine does is the same for both.
            others = [other for other in units if other != unit]
            lab.lab.check(BOX, ["sh", "-ec", TAKE_TURNS, "turns", unit, *others], timeout=120)
            server = Server(BOX, unit, wifi.address, wifi.port, secret)
            for method in methods:
                found = taken.setdefault((method.name, unit), [])
                found.append(crowd(lab, CLIENT, server, method))
    for method in methods:
        ours, theirs = taken[method.name, SERVICE], taken.get((method.name, DEBIAN_SERVICE))
        yield _login(method, median(ours), median(theirs) if theirs else None)


def _login(method: Method, ours: Taken, theirs: Taken | None) -> Figure:
    cheap = theirs is None or ours.cpu_ms <= CPU_SHARE * theirs.cpu_ms
    other = {} if theirs is None else {f"debian_{k}": v for k, v in theirs.values.items()}
    return Figure(
        part="wifi",
        what=f"log-ins: {method.name}, {ours.logins} by whole handshakes",
        budget=f"≥ {PER_S}/s, no more processor time than Debian's configuration",
        measured=f"{ours.words}, {ours.peak_mb:.0f} MB",
        verdict=verdict(ours.per_s >= PER_S, cheap),
        beside=f"Debian's: {theirs.words}, {theirs.peak_mb:.0f} MB" if theirs else "",
        values={**ours.values, **other},
    )


def _methods(lab: World, logins: Logins, wifi: WifiPlan) -> tuple[Method, ...]:
    identity = lab.session.identity
    authority = logins.authority(COMMUNE, identity).certificate
    password = logins.handover(COMMUNE, HINA, identity).password
    own = logins.handover(COMMUNE, MOANA, identity).certificate
    if own is None:
        raise ValueError(f"{MOANA} has no certificate")
    certificate, files = by_certificate(own)
    ttls = ("eap=TTLS", 'phase2="auth=PAP"', *by_password(password)[2:])

    def method(name: str, login: str, lines: tuple[str, ...], own: dict[str, str]) -> Method:
        settings, needed = of_agent("Mairie", login, authority, wifi.server_name, lines)
        return Method(name, settings, {**needed, **own})

    return (
        method("PEAP with MSCHAPv2", HINA, by_password(password), {}),
        method("TTLS with PAP", HINA, ttls, {}),
        method("EAP-TLS", MOANA, certificate, files),
    )
