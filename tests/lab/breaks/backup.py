"""How each control of brick backup is proved.

What the hub holds of a host cannot be undone from that host, so that nothing lasting is sent: a
restic that answers otherwise stands for copies that are old, empty or somebody else's.
"""

from tests.lab.breaks import NO_STORE, Break, unwatched

DRIFT = "BAK-48"
ASKS = ("BAK-11", "BAK-13", "BAK-14")
"""What cannot look when the hub's list does not come."""
HUB = """$(sed -n 's/.*"server": "\\(.*\\):.*/\\1/p' /etc/mairie/backup/backup.json)"""
HOST = "rapa-mairie-box"
REPOSITORY = f"/var/lib/mairie/store/{HOST}"
KNOWN = f"/var/lib/mairie/store-state/{HOST}.json"
STATE = "/var/lib/mairie/backup/state.json"
INSTANCE = "/etc/systemd/system/mairie-store@.service"
RESTART = f"systemctl daemon-reload && systemctl restart mairie-store@{HOST}.service"


def edited(path: str, change: str, name: str) -> tuple[str, str]:
    """Return the command that changes JSON ``d`` in a file, and the one that brings it back."""
    program = (
        f"import json, pathlib; p = pathlib.Path('{path}'); d = json.loads(p.read_text()); "
        f"{change}; p.write_text(json.dumps(d))"
    )
    return f'cp -p {path} /run/break-{name} && python3 -c "{program}"', (
        f"mv /run/break-{name} {path}"
    )


def answering(name: str, case: str) -> tuple[str, str]:
    """Return the commands that make restic answer otherwise to a shell pattern, and as before."""
    true = f"/usr/bin/restic.{name}"
    return (
        f"mv /usr/bin/restic {true} && cat >/usr/bin/restic <<'END'\n"
        "#!/bin/sh\n"
        f'case " $* " in {case.format(true=true)} esac\n'
        f'exec {true} "$@"\n'
        "END\n"
        "chmod 755 /usr/bin/restic"
    ), f"mv {true} /usr/bin/restic"


OLD_COPIES = answering(
    "old",
    """*" snapshots "*) {true} "$@" | sed 's/"time":"20[0-9]*/"time":"2019/g'; exit;;""",
)
OTHERS_COPIES = answering(
    "other",
    """*" dump "*) echo '{{"host": "other", "date": "2020-01-01T00:00:00+00:00"}}'; exit;;""",
)
LESS_COPIED = answering(
    "less",
    """*" snapshots "*) {true} "$@" | sed 's|"/srv"|"/mnt"|g'; exit;;""",
)
OLD_RUN = edited(STATE, "d['nights_failed'] = 9", "run")
OLD_DRILL = edited(STATE, "d['drill_success']['at'] = '2020-01-01T00:00:00+00:00'", "drill")
DAMAGED = edited(KNOWN, "d['check']['outcome'] = 'damaged'", "check")
HELD = edited(KNOWN, "d['guard']['verdict'] = 'held'", "guard")
NO_UPKEEP = edited(
    KNOWN,
    "d['last_maintenance'] = {'ended': '2020-01-01T00:00:00+00:00', 'outcome': 'done', 'text': ''}",
    "upkeep",
)
NO_ROUND = edited(KNOWN, "d['updated'] = '2020-01-01T00:00:00+00:00'", "round")

IMPOSTOR = (
    f"hub={HUB} && ip address add $hub/32 dev lo && cat >/run/impostor.py <<'END'\n"
    "import http.server, sys\n"
    "class Yes(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.send_header('Content-Length', '0')\n"
    "        self.end_headers()\n"
    "    do_HEAD = do_DELETE = do_POST = do_GET\n"
    "http.server.HTTPServer((sys.argv[1], 8000), Yes).serve_forever()\n"
    "END\n"
    "nohup python3 /run/impostor.py $hub >/dev/null 2>&1 & echo $! >/run/impostor.pid; sleep 2"
)
NO_IMPOSTOR = (
    f"kill $(cat /run/impostor.pid); rm /run/impostor.*; ip address delete {HUB}/32 dev lo"
)
ELSEWHERE = (*NO_STORE, "NET-70", "VPN-30", "VPN-31", "VPN-35")
"""What rightly sees that the hub's address leads somewhere else, and who answers there."""
ASKS_ITSELF = ("NET-40", "NET-42", "NET-43", "NET-44", "NET-47")
"""What no longer answers once a gateway takes itself for the hub that it asks names of."""

BASE = "/srv/registre/registre.sqlite"
DISK = "/mnt/disque-usb"
NOW = "/usr/local/sbin/mairie-backup now || :"

FULL = (
    "mkdir -p /run/true-store && mount --bind /var/lib/mairie/store /run/true-store && "
    "mount -t tmpfs -o size=128k,mode=755 none /var/lib/mairie/store && "
    "for path in /run/true-store/*; do mkdir /var/lib/mairie/store/${path##*/} && "
    "mount --bind $path /var/lib/mairie/store/${path##*/}; done; "
    "dd if=/dev/zero of=/var/lib/mairie/store/.full bs=1k count=124 2>/dev/null; true"
)
NOT_FULL = "umount -R /var/lib/mairie/store; umount /run/true-store; rmdir /run/true-store"

BREAKS: tuple[Break, ...] = (
    Break(
        control="BAK-01",
        role="gateway",
        damage="mv /usr/bin/restic /usr/bin/restic.away",
        note="the program is gone",
        also=("BAK-10", *ASKS),
        repair="mv /usr/bin/restic.away /usr/bin/restic",
    ),
    Break(
        control="BAK-02",
        role="gateway",
        damage="systemctl disable mairie-backup.timer",
        note="works until the next power cut",
    ),
    Break(
        control="BAK-03",
        role="gateway",
        damage="mkdir -p /etc/systemd/system/mairie-backup.timer.d && printf "
        "'[Timer]\\nOnCalendar=\\nOnCalendar=*-*-* 12:34:00\\n' "
        ">/etc/systemd/system/mairie-backup.timer.d/noon.conf && systemctl daemon-reload && "
        "systemctl restart mairie-backup.timer",
        note="at noon, when everybody works",
        repair="rm -r /etc/systemd/system/mairie-backup.timer.d; systemctl daemon-reload; "
        "systemctl restart mairie-backup.timer",
    ),
    Break(
        control="BAK-04",
        role="gateway",
        damage="mkdir -p /etc/systemd/system/mairie-drill.timer.d && printf "
        "'[Timer]\\nPersistent=no\\n' >/etc/systemd/system/mairie-drill.timer.d/once.conf && "
        "systemctl daemon-reload",
        note="a month without a proof after one power cut",
        repair="rm -r /etc/systemd/system/mairie-drill.timer.d; systemctl daemon-reload",
    ),
    Break(
        control="BAK-05",
        role="gateway",
        damage="systemctl set-property --runtime mairie-backup.service MemoryMax=infinity",
        note="the ceiling lifted for a test",
        repair="rm -r /run/systemd/system.control/mairie-backup.service.d; systemctl daemon-reload",
    ),
    Break(
        control="BAK-06",
        role="gateway",
        damage="chmod 755 /var/cache/mairie/restic",
        note="anybody may list what restic remembers",
    ),
    Break(
        control="BAK-07",
        role="gateway",
        damage="printf '#!/bin/sh\\n' >/etc/mairie/backup/hooks.d/trial && "
        "chmod 775 /etc/mairie/backup/hooks.d/trial",
        note="a program of root's that a whole group may write",
        repair="rm /etc/mairie/backup/hooks.d/trial",
    ),
    Break(
        control="BAK-08",
        role="gateway",
        damage="nohup sh -c 'sleep 900; :' \"$(cat /etc/mairie/backup/password)\" "
        ">/dev/null 2>&1 & echo $! >/run/break-backup.pid",
        note="a script that takes the password as an argument",
        repair="kill $(cat /run/break-backup.pid); rm /run/break-backup.pid",
    ),
    Break(
        control="BAK-09",
        role="gateway",
        damage="cp /etc/mairie/backup/password /var/tmp/password.old && "
        "chmod 644 /var/tmp/password.old",
        note="a copy, just in case",
        repair="rm /var/tmp/password.old",
    ),
    Break(
        control="BAK-10",
        role="gateway",
        damage="head -c 24 /dev/urandom | base64 >/etc/mairie/backup/password",
        note="a password that opens nothing",
        # These two look for the password that is there now.
        also=(*ASKS, "BAK-08", "BAK-09"),
    ),
    Break(
        control="BAK-11",
        role="gateway",
        damage=OLD_COPIES[0],
        note="the newest copy is years old",
        also=("BAK-13",),
        repair=OLD_COPIES[1],
    ),
    Break(
        control="BAK-12",
        role="gateway",
        damage=OLD_RUN[0],
        note="nine nights without a copy",
        repair=OLD_RUN[1],
    ),
    Break(
        control="BAK-13",
        role="gateway",
        damage=OTHERS_COPIES[0],
        note="the copies of another machine",
        repair=OTHERS_COPIES[1],
    ),
    Break(
        control="BAK-14",
        role="gateway",
        damage=LESS_COPIED[0],
        note="a folder that was left out",
        repair=LESS_COPIED[1],
    ),
    Break(
        control="BAK-15",
        role="gateway",
        damage=OLD_DRILL[0],
        note="nobody has proved anything for years",
        repair=OLD_DRILL[1],
    ),
    Break(
        control="BAK-16",
        role="server",
        damage=f"cp -p {BASE} /run/break-base && printf 'not a base' >{BASE}; {NOW}",
        note="an application that crashed while it wrote",
        also=("BAK-12",),
        repair=f"mv /run/break-base {BASE}; {NOW}",
    ),
    Break(
        control="BAK-18",
        role="server",
        damage=f"mount -o remount,ro {DISK}; {NOW}",
        note="a disk that fell back to read-only",
        also=("BAK-12",),
        repair=f"mount -o remount,rw {DISK}; {NOW}",
    ),
    Break(
        control="BAK-17",
        role="gateway",
        damage="rm -r /var/cache/mairie/restic && : >/var/cache/mairie/restic",
        note="no cache: the whole index over the link, each night",
        also=("BAK-06",),
        repair="rm /var/cache/mairie/restic",
    ),
    Break(
        control="BAK-20",
        role="gateway",
        alone=True,
        damage=IMPOSTOR,
        note="a store that lets everybody delete",
        also=(*ELSEWHERE, *ASKS_ITSELF),
        repair=NO_IMPOSTOR,
    ),
    Break(
        control="BAK-21",
        role="gateway",
        alone=True,
        damage=IMPOSTOR,
        note="a store that shows everything to everybody",
        also=(*ELSEWHERE, *ASKS_ITSELF),
        repair=NO_IMPOSTOR,
    ),
    Break(
        control="BAK-22",
        role="gateway",
        alone=True,
        damage=f"ip route add {HUB}/32 dev eth0",
        note="around the tunnel",
        also=ELSEWHERE,
        repair=f"ip route delete {HUB}/32 dev eth0",
    ),
    Break(
        control="BAK-30",
        role="hub",
        damage="systemctl disable nginx.service",
        note="no door after the next boot",
    ),
    Break(
        control="BAK-31",
        role="hub",
        damage="echo 'server { listen 8099; return 404; }' >/etc/nginx/conf.d/trial.conf && "
        "systemctl reload nginx.service && sleep 1",
        note="a second door, for a trial",
        also=("NET-70",),
        repair="rm /etc/nginx/conf.d/trial.conf; systemctl reload nginx.service",
    ),
    Break(
        control="BAK-32",
        role="hub",
        damage="sed -i s/on-failure/no/ /etc/systemd/system/nginx.service.d/10-mairie.conf && "
        "systemctl daemon-reload",
        note="one boot where the tunnel is late, and no commune is saved",
        also=(DRIFT,),
    ),
    Break(
        control="BAK-33",
        role="hub",
        damage=f"systemctl disable mairie-store@{HOST}.socket",
        note="one host without a door after the next boot",
    ),
    Break(
        control="BAK-34",
        role="hub",
        damage="systemctl enable restic-rest-server.service",
        note="Debian's own server, with the next boot",
    ),
    Break(
        control="BAK-35",
        role="hub",
        damage="echo 'friend:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=' "
        f">>/etc/mairie/store/{HOST}.htpasswd",
        note="a second credential for a repository",
    ),
    Break(
        control="BAK-36",
        role="hub",
        damage=f"sed -i 's/ --append-only//' {INSTANCE} && {RESTART}",
        note="a host may delete, just this once",
        also=(DRIFT,),
    ),
    Break(
        control="BAK-37",
        role="hub",
        damage=f"sed -i '/^TemporaryFileSystem/d' {INSTANCE} && {RESTART}",
        note="the walls between the instances are down",
        also=(DRIFT,),
    ),
    Break(
        control="BAK-38",
        role="hub",
        damage=f"echo QUOTA_BYTES=900000000000 >/etc/mairie/store/{HOST}.env && {RESTART}",
        note="more room than there is",
        also=(DRIFT,),
    ),
    Break(
        control="BAK-39",
        role="hub",
        damage=f"truncate -s 17G {REPOSITORY}/data/00/{'0' * 64}",
        note="the quota is nearly used",
        repair=f"rm -f {REPOSITORY}/data/00/{'0' * 64}",
    ),
    Break(
        control="BAK-40",
        role="hub",
        alone=True,
        damage=FULL,
        note="a disk without room",
        repair=NOT_FULL,
    ),
    Break(
        control="BAK-41",
        role="hub",
        damage="head -c 24 /dev/urandom | base64 >/etc/mairie/store/keys/store-password",
        note="the hub has lost its own key",
    ),
    Break(
        control="BAK-42",
        role="hub",
        damage=f"touch -d '10 days ago' {REPOSITORY}/snapshots/*",
        note="nothing has arrived for days",
        repair=f"touch {REPOSITORY}/snapshots/*",
    ),
    Break(
        control="BAK-43",
        role="hub",
        damage=DAMAGED[0],
        note="a data file that is not what it was",
        repair=DAMAGED[1],
    ),
    Break(
        control="BAK-44",
        role="hub",
        damage=HELD[0],
        note="copies that a person has to see first",
        repair=HELD[1],
    ),
    Break(
        control="BAK-45",
        role="hub",
        damage=NO_UPKEEP[0],
        note="no upkeep for years",
        repair=NO_UPKEEP[1],
    ),
    Break(
        control="BAK-46",
        role="hub",
        damage="systemctl disable mairie-store-maintain.timer",
        note="no upkeep after the next boot",
    ),
    Break(
        control="BAK-47",
        role="hub",
        alone=True,
        damage=f"{unwatched('mairie-store-settle')} && {NO_ROUND[0]}",
        note="nobody makes the rounds",
        also=("BAK-46",),
        repair=NO_ROUND[1],
    ),
    Break(
        control=DRIFT,
        role="gateway",
        damage="echo '# by hand' >>/etc/systemd/system/mairie-drill.timer",
        note="a file edited on the host",
    ),
)
