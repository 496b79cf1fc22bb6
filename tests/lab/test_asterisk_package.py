"""The package of Asterisk on a blank host: installed, started, reinstalled under a call."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from mairie.files.voip import LANGUAGE, SOUNDS
from mairie.lab.building import Built, ensure_asterisk, offer
from mairie.lab.containers import Lab, Node
from mairie.lab.engine import ensure_engine
from mairie.lab.fabric import Attachment
from mairie.lab.image import ensure_images
from mairie.packages.asterisk import MODULES, RUNTIME_PACKAGES

pytestmark = [pytest.mark.lab, pytest.mark.voice, pytest.mark.timeout(1800)]

INSTALL = "apt-get update -q && apt-get install -y -q --no-install-recommends asterisk"
CONFIGURATION = {
    "asterisk.conf": "[options]\nverbose = 3\n",
    "modules.conf": "[modules]\nautoload = yes\n",
    "logger.conf": "[logfiles]\nmessages.log = notice,warning,error\n",
    "pjsip.conf": (
        "[system]\ntype = system\n[lan]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:5060\n"
    ),
    "pjproject.conf": "",
    "pjsip_notify.conf": "",
    "rtp.conf": "[general]\nrtpstart = 16384\nrtpend = 16483\n",
    "extensions.conf": "[inside]\nexten = 600,1,Answer()\n same = n,Wait(600)\n",
    "cdr.conf": "[general]\nenable = yes\n[csv]\nloguniqueid = yes\n",
    "cdr_custom.conf": "[mappings]\nMaster.csv => ${CSV_QUOTE(${CDR(src)})}\n",
    "cdr_sqlite3_custom.conf": ("[master]\ntable = cdr\ncolumns = src\nvalues = '${CDR(src)}'\n"),
    "queues.conf": "[general]\n",
    "voicemail.conf": "[general]\nformat = wav\n[default]\n",
    "musiconhold.conf": f"[default]\nmode = playlist\nentry = {SOUNDS}/{LANGUAGE}/queue-thankyou\n",
    "res_parking.conf": (
        "[general]\n[default]\nparkext = 700\nparkpos = 701-702\ncontext = parked\n"
    ),
    "res_fax.conf": "[general]\n",
    "features.conf": "[general]\n",
    "indications.conf": (
        "[general]\ncountry = fr\n"
        "[fr]\ndescription = France\nringcadence = 1500,3500\ndial = 440\nbusy = 440/500,0/500\n"
        "ring = 440/1500,0/3500\ncongestion = 440/250,0/250\n"
    ),
    "acl.conf": "",
    "ccss.conf": "[general]\n",
    "cli.conf": "[startup_commands]\n",
    "cli_permissions.conf": "[general]\n",
    "codecs.conf": "",
    "cel.conf": "[general]\nenable = no\n",
    "dnsmgr.conf": "[general]\nenable = no\n",
    "dsp.conf": "[default]\n",
    "http.conf": "[general]\nenabled = no\n",
    "manager.conf": "[general]\nenabled = no\n",
    "udptl.conf": "[general]\nudptlstart = 4000\nudptlend = 4099\n",
}
"""The smallest with which every module has what it asks for."""


@pytest.fixture(scope="module")
def built() -> Built:
    return ensure_asterisk(print)


@pytest.fixture(scope="module")
def lab(built: Built) -> Iterator[Lab]:
    offer(built, ensure_images(ensure_engine(), print).packages)
    with Lab("test-asterisk") as running:
        running.up([Node("pbx", "host", (Attachment("eth0", "wan"),))])
        yield running


def sh(lab: Lab, script: str) -> str:
    return lab.check("pbx", ["sh", "-c", script], timeout=300)


def listeners(lab: Lab) -> str:
    return sh(lab, "ss -Hlntup | grep asterisk || true")


def test_without_configuration_nothing_listens(lab: Lab) -> None:
    sh(lab, INSTALL)
    sh(lab, "systemctl start asterisk")  # its condition is not met: no error, no process
    assert lab.exec("pbx", ["systemctl", "is-active", "asterisk"]).stdout == "inactive\n"
    assert listeners(lab) == ""
    assert sh(lab, "stat -c '%U:%G %a' /etc/asterisk /var/lib/asterisk") == (
        "root:asterisk 750\nasterisk:asterisk 750\n"
    )


def test_it_starts_and_says_its_version(lab: Lab, built: Built) -> None:
    lab.put("pbx", {f"/etc/asterisk/{name}": text.encode() for name, text in CONFIGURATION.items()})
    sh(lab, "systemctl start asterisk")
    assert sh(lab, "systemctl is-active asterisk") == "active\n"
    number = re.search(r":([\d.]+)", built.version)
    assert number
    assert f"Asterisk {number[1]} " in sh(lab, "asterisk -rx 'core show version'")
    assert sh(lab, "ps -o user= -C asterisk").split() == ["asterisk"]


def test_only_configured_ports_are_open(lab: Lab) -> None:
    """Sockets from which PJSIP asks for names apart: the kernel chooses their ports."""
    first = int(sh(lab, "cut -f1 /proc/sys/net/ipv4/ip_local_port_range"))
    places = [line.split()[4] for line in listeners(lab).splitlines()]
    fixed = [place for place in places if int(place.rpartition(":")[2]) < first]
    assert fixed == ["127.0.0.1:5060"], places
    assert not [line for line in listeners(lab).splitlines() if line.startswith("tcp")]


def test_modules_are_those_of_the_recipe_and_run(lab: Lab) -> None:
    shown = sh(lab, "asterisk -rx 'module show'")
    states = dict(re.findall(r"^(\w+)\.so\s.*\d+\s+(Running|Not Running)\s", shown, re.MULTILINE))
    assert states == dict.fromkeys(MODULES, "Running")
    files = sh(lab, "ls /usr/lib/*/asterisk/modules").split()
    assert files == sorted(f"{name}.so" for name in MODULES)


def test_no_program_can_be_run_from_a_dial_plan(lab: Lab) -> None:
    for application in ("System", "TrySystem", "AGI", "MixMonitor", "ExternalIVR"):
        shown = sh(lab, f"asterisk -rx 'core show application {application}'")
        assert "not registered" in shown, shown
    for function in ("SHELL", "CURL", "ENV", "FILE"):
        shown = sh(lab, f"asterisk -rx 'core show function {function}'")
        assert "No function by that name" in shown, shown


def test_it_starts_without_a_warning(lab: Lab) -> None:
    log = sh(lab, "cat /var/log/asterisk/messages.log")
    assert "WARNING" not in log, log
    assert "ERROR" not in log, log


def test_it_speaks_french_and_plays_music(lab: Lab) -> None:
    sh(lab, "test -s /usr/share/asterisk/sounds/fr/vm-goodbye.g722")
    assert "g722" in sh(lab, "asterisk -rx 'core show translation paths g722'")


def test_exposure_is_low(lab: Lab) -> None:
    said = sh(lab, "systemd-analyze security --no-pager asterisk.service | tail -1")
    level = re.search(r"asterisk.service: ([\d.]+)", said)
    assert level, said
    assert float(level[1]) < 2, said


def test_an_upgrade_cuts_no_call_and_counts_after_it(lab: Lab) -> None:
    sh(lab, "asterisk -rx 'channel originate Local/600@inside application Wait 600'")
    before = sh(lab, "systemctl show -P MainPID asterisk; asterisk -rx 'core show channels count'")
    assert "1 active call" in before, before
    sh(lab, f"{INSTALL} --reinstall")
    after = sh(lab, "systemctl show -P MainPID asterisk; asterisk -rx 'core show channels count'")
    assert after == before
    replaced = "readlink /proc/$(systemctl show -P MainPID asterisk)/exe"
    assert sh(lab, replaced).endswith("(deleted)\n")
    sh(lab, "asterisk -rx 'channel request hangup all'")
    for _ in range(20):  # by itself, once nobody is on the telephone
        if sh(lab, replaced) == "/usr/sbin/asterisk\n":
            break
        time.sleep(0.5)
    assert sh(lab, replaced) == "/usr/sbin/asterisk\n"
    assert sh(lab, "asterisk -rx 'core waitfullybooted'").strip().endswith("fully booted.")


def test_libraries_of_the_lab_are_those_it_depends_on(lab: Lab) -> None:
    """What the lab's folder of packages is told to hold is what the package asks for."""
    field = sh(lab, "dpkg-query -W -f '${Depends}' asterisk")
    names = {each.split()[0] for each in field.split(", ")} - {"libc6", "systemd"}
    assert names == set(RUNTIME_PACKAGES)


def test_removal_ends_it(lab: Lab) -> None:
    sh(lab, "apt-get remove -y -q asterisk")
    assert lab.exec("pbx", ["pgrep", "-x", "asterisk"]).exit_code == 1
    sh(lab, "apt-get purge -y -q asterisk && test ! -e /var/lib/asterisk")
