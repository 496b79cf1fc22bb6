"""How each control of brick portal is proved."""

from tests.lab.breaks import Break

DRIFT = "POR-03"
SERVICE = "mairie-portal.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
RESTART = f"systemctl daemon-reload && systemctl restart {SERVICE}"
STATE = "/var/lib/mairie-portal"
GATEWAY = "gateway"
BY_HAND = (
    "nft add element inet mairie portal-sessions '{ 99 timeout 1h }'; "
    "nft add element inet mairie portal-devices '{ 02:00:00:00:00:99 timeout 1h : 99 }'"
)


BREAKS: tuple[Break, ...] = (
    Break(
        control="POR-01",
        damage=f"systemctl disable {SERVICE}",
        note="works until the next power cut",
        role=GATEWAY,
    ),
    Break(
        control="POR-02",
        damage="setsid python3 -m http.server 80 --bind 127.0.0.1 >/dev/null 2>&1 </dev/null & "
        "echo $! >/run/break.pid; sleep 1",
        note="another web server, for a test",
        repair="kill $(cat /run/break.pid)",
        role=GATEWAY,
    ),
    Break(
        control="POR-03",
        damage=f"echo '# by hand' >>/usr/local/sbin/mairie-portal && {RESTART}",
        note="a file edited on the host",
        role=GATEWAY,
    ),
    Break(
        control="POR-04",
        alone=True,
        damage="sleep 2; touch /etc/mairie/portal/portal.json",
        note="files that the program has not read",
        repair=f"systemctl restart {SERVICE}",
        role=GATEWAY,
    ),
    Break(
        control="POR-05",
        damage=f"sed -i '/^CapabilityBoundingSet=/d' {UNIT} && {RESTART}",
        note="all rights, to be sure that it works",
        also=(DRIFT,),
        role=GATEWAY,
    ),
    Break(
        control="POR-10",
        damage="sed -i 's/^nav ul {/@import url(\"\\/\\/fonts.example\\/a.css\"); &/' "
        f"/usr/local/lib/mairie/mairie_portal/page.py && {RESTART}",
        note="a nicer font from elsewhere",
        also=(DRIFT,),
        role=GATEWAY,
    ),
    Break(
        control="POR-11",
        alone=True,
        damage=f"systemctl stop {SERVICE}; "
        "nft add element inet mairie portal-devices '{ 02:00:00:00:00:98 timeout 0s : 98 }'; "
        "nft add element inet mairie portal-sessions '{ 98 timeout 0s }'",
        note="the mayor's telephone, for ever",
        also=("POR-01", "POR-02", "POR-05", "POR-10", "POR-12"),
        repair=f"systemctl start {SERVICE}; sleep 2",
        role=GATEWAY,
    ),
    Break(
        control="POR-12",
        alone=True,
        damage=f"systemctl kill -s STOP {SERVICE}; {BY_HAND}",
        note="a device let in by hand",
        also=("POR-10",),
        repair=f"systemctl kill -s CONT {SERVICE}; sleep 6",
        role=GATEWAY,
    ),
    Break(
        control="POR-20",
        damage=f"chmod 644 {STATE}/portal.sqlite",
        note="anybody may read who was here",
        repair=f"chmod 600 {STATE}/portal.sqlite",
        role=GATEWAY,
    ),
)
