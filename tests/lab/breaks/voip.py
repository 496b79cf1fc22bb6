"""How each control of brick voip is proved."""

from tests.lab.breaks import Break

DRIFT = "VOI-03"
LIVE = "VOI-04"
AGAIN = "VOI-06"
SERVICE = "asterisk.service"
PROGRAM = "/usr/sbin/asterisk"
ETC = "/etc/asterisk"
HUB_ANSWERS = (
    "for n in $(seq 40); do asterisk -rx 'pjsip show contacts' | grep -q 'hub/.*Avail' && break; "
    "sleep 1; done"
)
"""After a start, it is asked within half a minute."""
RESTART = (
    f"systemctl restart {SERVICE} && asterisk -rx 'core waitfullybooted' >/dev/null && sleep 2 && "
    + HUB_ANSWERS
)
RELOAD = "asterisk -rx 'core reload' >/dev/null; sleep 3"
APPLY = "/usr/local/libexec/mairie/apply-voip"
BACK = f"{APPLY} && {RESTART}"
RECORDS = "/var/log/asterisk/cdr-custom/calls-$(date +%F).csv"
SECURITY = "/var/log/asterisk/security.log"
TLS = "/etc/mairie/voip-tls"
UNIT = f"/etc/systemd/system/{SERVICE}.d"
PHONES = "telephones"
"""The telephone host of a commune."""
EXCHANGE = "exchange"
"""The hub of communes that telephone each other."""


BREAKS: tuple[Break, ...] = (
    Break(
        control="VOI-01",
        damage=f"systemctl disable {SERVICE}",
        note="works until the next power cut",
        role=PHONES,
    ),
    Break(
        control="VOI-02",
        alone=True,
        damage=f"sed -i '0,/^bind = .*:5060/s//bind = 0.0.0.0:5060/' "
        f"{ETC}/pjsip_transports.conf && {RESTART}",
        note="listens everywhere, for a test",
        also=(LIVE, AGAIN),
        repair=BACK,
        role=PHONES,
    ),
    Break(
        control="VOI-03",
        damage="echo '; by hand' >>/etc/mairie/voip/features.conf",
        note="a file edited on the host",
        also=(LIVE,),
        role=PHONES,
    ),
    Break(
        control="VOI-04",
        damage=f"printf '[x]\\nexten => 1,1,NoOp()\\n' >{ETC}/extensions_custom.conf",
        note="a dial plan of one's own",
        repair=f"rm {ETC}/extensions_custom.conf",
        role=PHONES,
    ),
    Break(
        control="VOI-05",
        alone=True,
        damage=f"sed -i 's/^rtpstart = .*/rtpstart = 90000/' {ETC}/rtp.conf && {RESTART}",
        note="a port that does not exist",
        also=(LIVE, "VOI-02"),
        repair=BACK,
        role=PHONES,
    ),
    Break(
        control="VOI-06",
        alone=True,
        damage=f"sleep 4; touch {ETC}/modules.conf",
        note="modules that it has not read",
        repair=RESTART,
        role=PHONES,
    ),
    Break(
        control="VOI-07",
        damage="asterisk -rx 'module load res_clioriginate.so'",
        note="calls from the console, to try something",
        repair="asterisk -rx 'module unload res_clioriginate.so'",
        role=PHONES,
    ),
    Break(
        control="VOI-08",
        damage=f"printf '[general]\\nenabled = yes\\nport = 5038\\nbindaddr = 127.0.0.1\\n' "
        f">{ETC}/manager.conf && asterisk -rx 'manager reload'; sleep 1",
        note="a console for an operator's panel",
        also=(LIVE, "VOI-02"),
        repair=f"{APPLY}; sleep 3; asterisk -rx 'manager reload'; {RESTART}",
        role=PHONES,
        alone=True,
    ),
    Break(
        control="VOI-09",
        alone=True,
        damage=f"mkdir -p {UNIT} && printf '[Service]\\nPrivateUsers=no\\nNoNewPrivileges=no\\n"
        f"AmbientCapabilities=\\nCapabilityBoundingSet=CAP_NET_ADMIN\\n' >{UNIT}/zz-break.conf && "
        f"systemctl daemon-reload && {RESTART}",
        note="more rights, to be sure that it works",
        repair=f"rm -r {UNIT}/zz-break.conf; systemctl daemon-reload; {RESTART}",
        role=PHONES,
    ),
    Break(
        control="VOI-10",
        alone=True,
        damage=f"printf '\\n[199](phone)\\ncontext = phone-international\\naors = 199\\n\\n"
        f"[199]\\ntype = aor\\nmax_contacts = 9\\n' >>{ETC}/pjsip.conf && {RELOAD}",
        note="a telephone for a friend",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 3",
        role=PHONES,
    ),
    Break(
        control="VOI-11",
        alone=True,
        damage=f"printf '\\n[guests]\\ntype = endpoint\\ncontext = inside\\ndisallow = all\\n"
        f"allow = alaw\\n\\n[guests]\\ntype = identify\\nendpoint = guests\\n"
        f"match = 0.0.0.0/0\\n' >>{ETC}/pjsip.conf && {RELOAD}",
        note="whoever comes may call the phones inside",
        also=(LIVE, "VOI-10"),
        repair=f"{APPLY}; sleep 3",
        role=PHONES,
    ),
    Break(
        control="VOI-12",
        alone=True,
        damage=f"sed -i -e '/^deny = /d' -e '/^permit = /d' {ETC}/pjsip.conf && {RELOAD}",
        note="telephones from everywhere, for those who work at home",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 3",
        role=PHONES,
    ),
    Break(
        control="VOI-13",
        alone=True,
        damage=f"sed -i -e '/^deny = /d' -e '/^permit = /d' -e '/^auth = /d' {ETC}/pjsip.conf && "
        f"{RELOAD}",
        note="telephones without a password",
        also=(LIVE, "VOI-11", "VOI-12"),
        repair=f"{APPLY}; sleep 3",
        role=PHONES,
    ),
    Break(
        control="VOI-14",
        alone=True,
        damage="n=0; for own in $(hostname -I); do case $own in *:*) n=$((n + 1)); printf "
        "'\\n[six%s]\\ntype = transport\\nprotocol = udp\\nbind = [%s]:5060\\n' $n $own;; esac; "
        f"done >>{ETC}/pjsip_transports.conf && {RESTART}",
        note="IPv6 is the future",
        also=(LIVE, AGAIN, "VOI-02"),
        repair=BACK,
        role=PHONES,
    ),
    Break(
        control="VOI-20",
        alone=True,
        damage=f"sed -i '/^\\[phone-/a exten => 15,1,Goto(inside,101,1)' {ETC}/extensions.conf && "
        "asterisk -rx 'dialplan reload'; sleep 1",
        note="15 is the workshop's old number",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 2",
        role=PHONES,
    ),
    Break(
        control="VOI-20",
        alone=True,
        damage=f"sed -i 's/Set(EMERGENCY_NATIONAL=.*/Set(EMERGENCY_NATIONAL=40000000)/' "
        f"{ETC}/extensions.conf && asterisk -rx 'dialplan reload'; sleep 1",
        note="one number for all calls, wherever they come from",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 3",
        role=PHONES,
    ),
    Break(
        control="VOI-21",
        alone=True,
        damage=f"sed -i '/^contact = /s/:50[0-9]*/:9/' {ETC}/pjsip.conf && {RELOAD}; sleep 12",
        note="the operators' port mistyped",
        also=(LIVE, "VOI-05", "VOI-22", "VOI-40"),
        repair=f"{APPLY}; sleep 20",
        role=PHONES,
    ),
    Break(
        control="VOI-22",
        alone=True,
        damage=f"sed -i '0,/^contact = /s/^\\(contact = .*\\):50[0-9]*/\\1:9/' {ETC}/pjsip.conf && "
        f"{RELOAD}; sleep 12",
        note="an operator's port mistyped",
        also=(LIVE, "VOI-05", "VOI-21"),
        repair=f"{APPLY}; sleep 20",
        role=PHONES,
    ),
    Break(
        control="VOI-23",
        damage="cp /etc/hosts /run/break-hosts; name=$(awk '/operateur/ {print $2}' /etc/hosts); "
        "{ echo 198.51.100.22 $name; grep -v $name /run/break-hosts; } >/etc/hosts",
        note="somebody answers names with another address",
        repair="cat /run/break-hosts >/etc/hosts; rm /run/break-hosts",
        role="trunk-tls",
    ),
    Break(
        control="VOI-30",
        damage="asterisk -rx 'database put spent 20200101 99999999'",
        note="a night of calls abroad",
        repair="asterisk -rx 'database del spent 20200101'",
        role=PHONES,
    ),
    Break(
        control="VOI-31",
        damage="install -o asterisk -g asterisk -m 640 /dev/null "
        "/var/log/asterisk/cdr-custom/calls-2020-01-01.csv",
        note="records of years ago",
        repair="rm -f /var/log/asterisk/cdr-custom/calls-2020-01-01.csv",
        role=PHONES,
    ),
    Break(
        control="VOI-32",
        damage=f"chmod 644 {ETC}/pjsip_secrets.conf",
        note="passwords that anybody may read",
        repair=f"chmod 640 {ETC}/pjsip_secrets.conf",
        role=PHONES,
    ),
    Break(
        control="VOI-33",
        alone=True,
        damage=f"sed -i '/^exten => /d' {ETC}/extensions_closed.conf && "
        "asterisk -rx 'dialplan reload'; sleep 1",
        note="no holidays any more",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 2",
        role=PHONES,
    ),
    Break(
        control="VOI-40",
        alone=True,
        damage=f"sed -i '/^\\[hub\\]/,$s/^contact = .*/contact = sip:192.0.2.1:5060/' "
        f"{ETC}/pjsip.conf && {RELOAD}; sleep 12",
        note="the hub's address mistyped",
        also=(LIVE, "VOI-05"),
        repair=f"{APPLY}; sleep 20",
        role=PHONES,
    ),
    Break(
        control="VOI-41",
        alone=True,
        damage=f"printf '\\n[more]\\nexten => 1,1,Dial(PJSIP/1@elsewhere)\\n' "
        f">>{ETC}/extensions.conf && asterisk -rx 'dialplan reload'; sleep 1",
        note="a way out for a friend of the syndicate",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 2",
        role=EXCHANGE,
    ),
    Break(
        control="VOI-42",
        damage='for n in $(seq 20); do echo "[$(date +%FT%T%z)] SECURITY[1] res_security_log.c: '
        'SecurityEvent=\\"InvalidAccountID\\",AccountID=\\"$n\\",'
        f'RemoteAddress=\\"IPV4/UDP/192.0.2.9/5060\\"" >>{SECURITY}; done',
        note="somebody looks for extensions",
        repair=f"sed -i /192.0.2.9/d {SECURITY}; asterisk -rx 'logger reload'",
        role=PHONES,
    ),
    Break(
        control="VOI-43",
        damage="nft add element inet mairie telephony-flooders "
        "'{ 192.0.2.9 timeout 1h counter packets 4000 bytes 800000 }'",
        note="a telephone that has gone mad",
        repair="nft delete element inet mairie telephony-flooders '{ 192.0.2.9 }'",
        role=PHONES,
    ),
    Break(
        control="VOI-44",
        damage="now=$(date '+%F %T'); for n in $(seq 20); do "
        f'printf \'"%s","","103","","","","","","refused-majores",""\\n\' "$now" >>{RECORDS}; done',
        note="a stolen telephone tries what pays",
        repair=f"rm {RECORDS}",
        role=PHONES,
    ),
    Break(
        control="VOI-45",
        damage="systemctl disable --now fail2ban.service",
        note="it was in the way while somebody tried a telephone",
        role=PHONES,
    ),
    Break(
        control="VOI-46",
        alone=True,
        damage=f"cp -a {TLS} /run/break-tls && cd {TLS} && "
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN=x "
        "-addext subjectAltName=IP:$(hostname -I | cut -d' ' -f1) -keyout key.pem "
        f"-out certificate.pem 2>/dev/null && {RESTART}",
        note="a certificate made in a hurry, for a few days",
        repair=f"cp -a /run/break-tls/. {TLS}/; rm -r /run/break-tls; {RESTART}",
        role=PHONES,
    ),
    Break(
        control="VOI-47",
        alone=True,
        damage=f"sed -i 's/accueil@/elsewhere@/' {ETC}/voicemail.conf && "
        "asterisk -rx 'voicemail reload'; sleep 1",
        note="messages of the reception go to somebody's own address",
        also=(LIVE,),
        repair=f"{APPLY}; sleep 2; asterisk -rx 'voicemail reload'",
        role="mail",
    ),
    Break(
        control="VOI-51",
        alone=True,
        damage=f"cp -p {PROGRAM} {PROGRAM}.new && mv {PROGRAM}.new {PROGRAM}",
        note="upgraded, and nobody told Asterisk",
        repair=RESTART,
        role=PHONES,
    ),
    Break(
        control="VOI-50",
        damage="rm /var/lib/apt/lists/*:8001_*",
        note="apt's lists thrown away to make room; what is installed waits for those of the night",
        repair="apt-get -q update",
        role="packages-telephones",
    ),
)
