"""How each control of brick records is proved."""

from mairie.files.backup import CLIENT_SETTINGS
from mairie.files.records import FOLDER, LOG, SERVICE, SETTINGS
from tests.lab.breaks import Break

DRIFT = "REC-02"
VISITORS = "visitors"
NEW = "-p udp --sport 40000 --dport 53 -d 192.0.2.53 -n 198.51.100.7 -t 600"
OF_A_VISITOR = f'$(sed -n \'s/.*"ipv4": "\\([0-9.]*\\)\\.0\\/.*/\\1/p\' {SETTINGS}).77'

BREAKS: tuple[Break, ...] = (
    Break(
        control="REC-01",
        damage=f"systemctl disable {SERVICE}",
        note="records until the next power cut",
        role=VISITORS,
    ),
    Break(
        control="REC-02",
        damage=f'sed -i \'s/"days": 365/"days": 3650/\' {SETTINGS} && systemctl restart {SERVICE}',
        note="kept for ten years, by hand",
        role=VISITORS,
    ),
    Break(
        control="REC-03",
        alone=True,
        damage=f"sleep 2; touch {SETTINGS}",
        note="settings that the recorder has not read",
        repair=f"systemctl restart {SERVICE}",
        role=VISITORS,
    ),
    Break(
        control="REC-10",
        damage=f"systemctl kill --signal=STOP {SERVICE} && conntrack -I -s {OF_A_VISITOR} {NEW}",
        note="a visitor connects while the recorder hangs",
        also=("REC-11",),
        # What the kernel could not tell meanwhile counts until the next start.
        repair=f"systemctl kill --signal=CONT {SERVICE}; systemctl restart {SERVICE}; "
        f"conntrack -D -s {OF_A_VISITOR} -p udp >/dev/null",
        role=VISITORS,
        alone=True,
    ),
    Break(
        control="REC-11",
        damage=f'sed -i \'s/"day_bytes": [0-9]*/"day_bytes": 1/\' {SETTINGS} && '
        f"systemctl restart {SERVICE} && conntrack -I -s {OF_A_VISITOR} {NEW} "
        "&& sleep 8",
        note="no room for a day",
        also=(DRIFT, "REC-10"),
        repair=f"conntrack -D -s {OF_A_VISITOR} -p udp >/dev/null",
        role=VISITORS,
    ),
    Break(
        control="REC-20",
        damage=f"chmod 755 {LOG}",
        note="anybody may look who was asked about",
        role=VISITORS,
    ),
    Break(
        control="REC-21",
        damage=f'sed -i \'s#"{FOLDER}"#"/var/lib/mairie/old"#\' {CLIENT_SETTINGS}',
        note="the year goes to the hub with the next backup",
        also=("BAK-48",),
        role=VISITORS,
    ),
    Break(
        control="REC-30",
        damage=f"umask 077; : >{FOLDER}/$(date --utc --date=yesterday +%F).jsonl",
        note="a day that nobody recorded",
        repair=f"rm {FOLDER}/$(date --utc --date=yesterday +%F).jsonl",
        role=VISITORS,
    ),
    Break(
        control="REC-31",
        damage=f"umask 077; : >{FOLDER}/2022-01-01.jsonl",
        note="a year that was put aside",
        also=("REC-30",),
        repair=f"rm {FOLDER}/2022-01-01.jsonl",
        role=VISITORS,
    ),
)
