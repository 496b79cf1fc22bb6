"""How each control of brick wifi is proved."""

from tests.lab.breaks import Break

FOLDER = "/etc/mairie/radius"
DRIFT = "WIF-03"
NOT_READ = "WIF-04"
RESTART = "systemctl restart mairie-radius.service"
OWN = f"$(sed -n 's/^\\t\\tipaddr = //p' {FOLDER}/radiusd.conf)"
RADIUS = "radius"


def other_certificate(days: int) -> str:
    """Return the command that gives the server a certificate that nobody signed."""
    return (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        f"-subj /CN=radius -days {days} -keyout /run/break.key -out /run/break.pem 2>/dev/null && "
        f"cat /run/break.key >{FOLDER}/server.key && cat /run/break.pem >{FOLDER}/server.pem && "
        f"rm /run/break.key /run/break.pem && {RESTART}"
    )


RADIO = "radio"
"""A gateway with radios ``wlan0`` on 2.4 GHz and ``wlan1`` on 5 GHz, all networks on both."""
AIR = "/etc/hostapd/mairie"
CONF = f"{AIR}/wlan0.conf"
SERVICE = "mairie-hostapd@wlan0.service"


def restarted(radio: str) -> str:
    """Return the command that starts a radio again, and waits until all of it is on the air."""
    ask = f"hostapd_cli -p /run/mairie-hostapd/{radio} -i {radio} status"
    return (
        f"systemctl restart mairie-hostapd@{radio}.service && timeout 100 sh -c "
        f"'until {ask} | grep -q state=ENABLED; do sleep 1; done' && sleep 3"
    )


AGAIN = restarted("wlan0")


def on_radios(
    control: str,
    damage: str,
    note: str,
    *,
    repair: str = "",
    also: tuple[str, ...] = (),
    alone: bool = False,
) -> Break:
    """Return damage to what is on the air: simulated radios need a kernel of their own."""
    return Break(
        control=control,
        damage=damage,
        note=note,
        repair=repair,
        also=also,
        role=RADIO,
        machine=True,
        alone=alone,
    )


AP = "ap"
"""A host that is an access point, on a site whose gateway has a radio too."""
OWN_CONF = f"{AIR}/wlan?.conf"


BREAKS: tuple[Break, ...] = (
    Break(
        control="WIF-01",
        damage="systemctl disable mairie-radius.service",
        note="works until the next power cut",
        role=RADIUS,
    ),
    Break(
        control="WIF-02",
        damage=f"sed -i 's/^\\t\\tipaddr = .*/\\t\\tipaddr = */' {FOLDER}/radiusd.conf && "
        f"{RESTART}",
        note="listens everywhere, for a test",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-03",
        damage=f"echo '# by hand' >>{FOLDER}/segments && {RESTART}",
        note="a file edited on the host",
        role=RADIUS,
    ),
    Break(
        control="WIF-04",
        alone=True,
        damage=f"sleep 2; touch {FOLDER}/segments",
        note="files that the server has not read",
        repair=RESTART,
        role=RADIUS,
    ),
    Break(
        control="WIF-05",
        damage="rm /etc/systemd/system/freeradius.service && systemctl daemon-reload",
        note="Debian's own service may start again",
        role=RADIUS,
    ),
    Break(
        control="WIF-10",
        damage=f"chmod 644 {FOLDER}/server.key && {RESTART}",
        note="anybody may read the key",
        role=RADIUS,
    ),
    Break(
        control="WIF-11",
        damage=f"cp {FOLDER}/passwords /var/tmp/passwords.old && chmod 644 /var/tmp/passwords.old",
        note="a copy, just in case",
        repair="rm /var/tmp/passwords.old",
        role=RADIUS,
    ),
    Break(
        control="WIF-20",
        damage="echo 'intruder NT-Password := 0x8846F7EAEE8FB117AD06BDD830B7586C' "
        f">>{FOLDER}/passwords && {RESTART}",
        note="a friend let in by hand",
        role=RADIUS,
    ),
    Break(
        control="WIF-21",
        damage='printf \'client pirate {\\n\\tipaddr = 192.0.2.77\\n\\tsecret = "pirate"\\n'
        f"\\trequire_message_authenticator = yes\\n\\tlimit_proxy_state = yes\\n}}\\n' "
        f">>{FOLDER}/access-points.conf && {RESTART}",
        note="an access point that nobody declared",
        role=RADIUS,
    ),
    Break(
        control="WIF-22",
        damage=f'sed -i "s/^\\tipaddr = .*/\\tipaddr = {OWN}/" {FOLDER}/access-points.conf && '
        f"{RESTART}",
        note="another machine is taken for an access point",
        also=("WIF-21",),
        role=RADIUS,
    ),
    Break(
        control="WIF-30",
        damage="sed -i 's/require_message_authenticator = yes/require_message_authenticator = no/' "
        f"{FOLDER}/radiusd.conf && {RESTART}",
        note="an old access point that does not sign",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-31",
        damage=f"sed -i 's/^\\t\\ttls {{/\\t\\tmd5 {{\\n\\t\\t}}\\n&/' {FOLDER}/radiusd.conf && "
        f"{RESTART}",
        note="a device that knows EAP-MD5 only",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-40",
        damage=other_certificate(100),
        note="a certificate that no device knows",
        role=RADIUS,
    ),
    Break(
        control="WIF-41",
        damage=other_certificate(10),
        note="ten days, and nobody looked",
        also=("WIF-40",),
        role=RADIUS,
    ),
    Break(
        control="WIF-53",
        damage=f"sed -i 's/^\\(auth_server_shared_secret\\)=.*/\\1=another-secret-77/' {OWN_CONF}",
        note="a secret changed at one end",
        role=AP,
    ),
    Break(
        control="WIF-54",
        damage=f"sed -i '/^mobility_domain=/a r0kh=02:00:00:00:00:77 pirate {'7' * 64}' {OWN_CONF}",
        note="an access point that nobody declared gets everybody's keys",
        role=AP,
    ),
    on_radios(
        "WIF-51",
        f"sed -i 's/^disassoc_low_ack=1/disassoc_low_ack=0/' {CONF} && {AGAIN}",
        "a setting changed on the host",
    ),
    on_radios(
        "WIF-60",
        f'sed -i \'s/^ssid2=.*Mairie"$/ssid2="Freebox"/\' {CONF} && {AGAIN}',
        "a network under another name",
        also=("WIF-51",),
    ),
    on_radios(
        "WIF-64",
        f"sed -i 's/^wpa_key_mgmt=WPA-PSK .*/wpa_key_mgmt=WPA-PSK/' {CONF} && {AGAIN}",
        "an old sensor that does not like SHA-256",
        also=("WIF-51",),
    ),
    on_radios(
        "WIF-70",
        f"sed 's/02:00:00:00:05:/02:00:00:00:0f:/;/^#/d' {AIR}/things.accept >/run/break.mac && "
        f"cat /run/break.mac >>{AIR}/things.accept && rm /run/break.mac && {AGAIN}",
        "one more device, by hand",
        also=("WIF-03", "WIF-52"),
    ),
    on_radios(
        "WIF-50",
        f"systemctl disable {SERVICE}",
        "on the air until the next power cut",
        repair=f"systemctl enable {SERVICE}",
    ),
    on_radios(
        "WIF-61",
        "iw dev wlan1 interface add ap-test type __ap",
        "a network of somebody's own",
        repair="iw dev ap-test del",
    ),
    on_radios(
        "WIF-62",
        "ip link set $(ls /sys/class/net/br-things/brif | grep -m1 ^wlan0-) master br-agents",
        "sensors poured into the agents' segment",
        also=("NET-32",),
        repair=AGAIN,
    ),
    on_radios(
        "WIF-63",
        "bridge link set dev $(ls /sys/class/net/br-public/brif | grep -m1 ^wlan0-) isolated off",
        "visitors who see each other",
        repair=AGAIN,
    ),
    on_radios(
        "WIF-67",
        "cd /run/mairie-hostapd/wlan0 && tell='hostapd_cli -p . -i wlan0' && "
        "for one in $($tell show_neighbor | cut -d' ' -f1); do $tell remove_neighbor $one; done",
        "a list of neighbours that somebody has emptied",
        repair=AGAIN,
    ),
    on_radios(
        "WIF-66",
        "iw phy $(cat /sys/class/net/wlan1/phy80211/name) set txpower fixed 2000",
        "louder, to reach the car park",
        repair=restarted("wlan1"),
    ),
    on_radios(
        "WIF-52",
        f"sleep 2; touch {AIR}/things.keys",
        "keys that the radio has not read",
        repair=f"{AGAIN} && {restarted('wlan1')}",
        alone=True,
    ),
    on_radios(
        "WIF-65",
        "iw reg set US; sleep 2",
        "another country, for more power",
        repair=f"iw reg set PF; sleep 2; {AGAIN}",
        also=("WIF-60", "WIF-66"),
        alone=True,
    ),
)
