"""How each control of brick lessons is proved."""

from tests.lab.breaks import Break
from tests.lab.breaks.wifi import AIR, AP, RADIO

SERVICE = "mairie-lessons.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
RESTART = f"systemctl daemon-reload && systemctl restart {SERVICE} mairie-lessons-page.service"
STATE = "/var/lib/mairie-lessons"
SCHOOL = "school"
"""A gateway whose radio carries a network for lessons, in a container: the radio is not there."""


BREAKS: tuple[Break, ...] = (
    Break(
        control="LES-01",
        damage=f"systemctl disable {SERVICE}",
        note="works until the next power cut",
        role=SCHOOL,
    ),
    Break(
        control="LES-02",
        damage=f"echo '# by hand' >>/usr/local/sbin/mairie-lessons && {RESTART}",
        note="a file edited on the host",
        role=SCHOOL,
    ),
    Break(
        control="LES-03",
        alone=True,
        damage="sleep 2; touch /etc/mairie/lessons/lessons.json",
        note="a schedule that the program has not read",
        repair=RESTART,
        role=SCHOOL,
    ),
    Break(
        control="LES-04",
        damage=f"sed -i '/^CapabilityBoundingSet=/d' {UNIT} && {RESTART}",
        note="all rights, to be sure that it works",
        also=("LES-02",),
        role=SCHOOL,
    ),
    Break(
        control="LES-05",
        alone=True,
        damage="chmod 644 /etc/mairie/lessons/code.json",
        note="the page is to see the code",
        also=("LES-03",),
        repair=RESTART,
        role=SCHOOL,
    ),
    Break(
        control="LES-06",
        damage="setsid python3 -m http.server 80 --bind 127.0.0.1 >/dev/null 2>&1 </dev/null & "
        "echo $! >/run/break.pid; sleep 1",
        note="another web server, for a test",
        repair="kill $(cat /run/break.pid)",
        role=SCHOOL,
    ),
    Break(
        control="LES-07",
        damage='ip route add prohibit $(sed -n \'s/.*"follows": "\\(.*\\)".*/\\1/p\' '
        "/etc/mairie/lessons/lessons.json)/32",
        note="the way to the gateway's page is closed",
        repair='ip route del prohibit $(sed -n \'s/.*"follows": "\\(.*\\)".*/\\1/p\' '
        "/etc/mairie/lessons/lessons.json)/32",
        role=AP,
    ),
    Break(
        control="LES-11",
        alone=True,
        damage=f'mairie-lessons on --by Hina; sed -i \'s/"seconds": [0-9]*/"seconds": 86400/\' '
        f"{STATE}/lesson.json",
        note="a lesson of a whole day",
        repair="mairie-lessons off",
        role=SCHOOL,
    ),
    Break(
        control="LES-20",
        damage=f"mairie-lessons on; mairie-lessons off; chmod 644 {STATE}/log",
        note="anybody may read who switched",
        repair=f"chmod 600 {STATE}/log",
        role=SCHOOL,
    ),
    Break(
        control="LES-10",
        damage=f"systemctl stop {SERVICE}; hostapd_cli -p /run/mairie-hostapd/wlan0 -i global raw "
        f'"ADD bss_config=$(cat /sys/class/net/wlan0/phy80211/name):{AIR}/wlan0-1.bss"',
        note="on the air by hand, without a lesson and without end",
        also=("LES-01", "LES-03", "LES-04"),
        role=RADIO,
        machine=True,
    ),
)
