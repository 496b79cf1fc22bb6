"""How each control of brick phones is proved."""

from tests.lab.breaks import Break

SERVICE = "mairie-phones.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
RESTART = f"systemctl daemon-reload && systemctl restart {SERVICE}"
FILES = "/etc/mairie/phones/files"
SETTINGS = "/etc/mairie/phones/phones.json"
STATE = "/var/lib/mairie-phones"
DESK = "/usr/local/lib/mairie/mairie_phones/desk.py"
TELEPHONE = "telephones"
"""The telephone host of a commune with a Yealink."""
FIRST = (
    "import json; found = json.load(open('/etc/mairie/phones/phones.json')); "
    "phone = found['phones'][0]"
)
ASK = (
    'PYTHONPATH=/usr/local/lib/mairie runuser -u mairie-phones -- python3 -P -c "'
    "from mairie_phones.clock import now; from mairie_phones.desk import Desk; "
    "from mairie_phones.settings import STATE, load; from mairie_phones.store import Store; "
    "found = load(); phone = found.phones[0]; "
    'Desk(found, Store(STATE), now).ask(phone.file, phone.address)"'
)


BREAKS: tuple[Break, ...] = (
    Break(
        control="PHO-01",
        damage=f"systemctl disable {SERVICE}",
        note="works until the next power cut",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-02",
        damage="setsid python3 -m http.server 443 --bind 127.0.0.1 >/dev/null 2>&1 </dev/null & "
        "echo $! >/run/break.pid; sleep 1",
        note="another web server, for a test",
        repair="kill $(cat /run/break.pid)",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-03",
        damage=f"echo '# by hand' >>/usr/local/sbin/mairie-phones && {RESTART}",
        note="a file edited on the host",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-04",
        alone=True,
        damage=f"sleep 2; touch {SETTINGS}",
        note="files that the program has not read",
        repair=f"systemctl restart {SERVICE}",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-05",
        damage=f"sed -i '/^CapabilityBoundingSet=/d' {UNIT} && {RESTART}",
        note="all rights, to be sure that it works",
        also=("PHO-03",),
        role=TELEPHONE,
    ),
    Break(
        control="PHO-10",
        damage=f"chmod 644 {FILES}/*.cfg",
        note="anybody on the host may read the phones' passwords",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-11",
        alone=True,
        damage=f"python3 -c \"{FIRST}; phone['address'] = found['address']; "
        f"json.dump(found, open('{SETTINGS}', 'w'))\" && {RESTART}; sleep 1",
        note="the host itself may have a phone's file, to try it out",
        also=("PHO-03",),
        repair=f"rm -f {STATE}/phones.json {STATE}/log",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-12",
        alone=True,
        damage=f"{ASK}; rm -f {STATE}/phones.json; {ASK}",
        note="what was given is forgotten by hand, and given again",
        repair=f"rm -f {STATE}/phones.json {STATE}/log",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-13",
        alone=True,
        damage="runuser -u mairie-phones -- sh -c "
        f"\"sed -n 's/^account.1.password = //p' {FILES}/*.cfg >>{STATE}/log\"",
        note="a password is noted where everybody looks for it",
        repair=f"rm -f {STATE}/log",
        role=TELEPHONE,
    ),
    Break(
        control="PHO-14",
        alone=True,
        damage=f"sed -i 's/^        if clear:/        if False:/' {DESK} && {RESTART}; sleep 1",
        note="a phone that knows no authority may ask in the clear, to try it out",
        also=("PHO-03",),
        role=TELEPHONE,
    ),
)
