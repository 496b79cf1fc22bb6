"""How each control of brick vpn is proved."""

from tests.lab.breaks import NO_STORE, Break, unwatched

# From the file: wireguard-go names its peers, those that other damage added among them, in any
# order.
PEER = "$(sed -n 's/^PublicKey = //p' /etc/wireguard/wg0.conf | head -n 1)"
PREFIXES = "$(sed -n 's/^AllowedIPs = //p' /etc/wireguard/wg0.conf | head -n 1 | tr -d ' ')"
FIRST_PREFIX = "$(sed -n 's/^AllowedIPs = //p' /etc/wireguard/wg0.conf | head -n 1 | cut -d , -f 1)"
HUB = """$(sed -n 's/.*"prove": "\\(.*\\)".*/\\1/p' /etc/wireguard/mairie.json)"""
UPLINK_ADDRESS = "$(ip -4 route show default | sed -n 's/.* src \\([0-9.]*\\).*/\\1/p' | head -n 1)"
WRONG_PORT = "$(wg show wg0 endpoints | head -n 1 | cut -f 2 | sed 's/:[0-9]*$/:51999/')"
NO_WATCH = unwatched("mairie-wg")
RUNNING = "VPN-46"
DRIFT = "VPN-44"
DEAD = ("VPN-30", "VPN-31", *NO_STORE)
"""What rightly sees a tunnel through which nothing passes."""

BREAKS: tuple[Break, ...] = (
    Break(
        control="VPN-01",
        damage="systemctl disable wg-quick@wg0",
        note="works until the next power cut",
    ),
    Break(
        control="VPN-02",
        damage="sed -i s/on-failure/no/ /etc/systemd/system/wg-quick@wg0.service.d/10-mairie.conf "
        "&& systemctl daemon-reload",
        note="one failure at boot, and the site is gone",
        also=(DRIFT,),
    ),
    Break(
        control="VPN-03",
        damage="ip link set wg0 down",
        note="interface shut",
        also=(*DEAD, "VPN-04", "VPN-32", "VPN-35", RUNNING),
    ),
    Break(
        control="VPN-04",
        alone=True,
        damage="ip address add 192.0.2.99/32 dev wg0",
        note="one more address, for a test",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-05",
        damage="ip link set wg0 mtu 1281",
        note="MTU changed by hand",
        also=("VPN-31", RUNNING),
    ),
    Break(
        control="VPN-06",
        damage="printf '#!/bin/sh\\nexit 0\\n' >/usr/local/sbin/modprobe "
        "&& chmod 755 /usr/local/sbin/modprobe",
        note="a kernel that has WireGuard, under a tunnel made when it had not",
        repair="rm /usr/local/sbin/modprobe",
        also=("BAS-52", "NET-70"),
    ),
    Break(
        control="VPN-07",
        damage="wg set wg0 listen-port 51999",
        note="another port",
        role="hub",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-08",
        damage="ip link add wg9 type wireguard 2>/dev/null || wireguard-go wg9 2>/dev/null",
        note="a second tunnel",
        repair="ip link delete wg9",
    ),
    Break(
        control="VPN-10",
        damage='sed -i "s|^PrivateKey = .*|PrivateKey = $(wg genkey)|" /etc/wireguard/wg0.conf',
        note="another key on disk: cut at the next boot",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-11",
        damage="umask 077 && wg genkey >/etc/wireguard/wg0.next.key",
        note="a key left over from a rotation",
        role="gateway",
        repair="rm -f /etc/wireguard/wg0.next.key /var/lib/mairie/vpn/rekey-refused",
    ),
    Break(
        control="VPN-12",
        damage="wg genkey | wg set wg0 private-key /dev/stdin",
        note="another key in use",
        also=(*DEAD, RUNNING),
    ),
    Break(
        control="VPN-13",
        damage="chmod 755 /etc/wireguard",
        note="anybody may list the folder of keys",
    ),
    Break(
        control="VPN-14",
        damage="nohup sh -c 'sleep 900; :' "
        "\"$(sed -n 's/^PrivateKey = //p' /etc/wireguard/wg0.conf)\" >/dev/null 2>&1 & "
        "echo $! >/run/break.pid",
        note="a script that takes the key as an argument",
        repair="kill $(cat /run/break.pid); rm /run/break.pid",
    ),
    Break(
        control="VPN-15",
        damage="cp /etc/wireguard/wg0.conf /var/tmp/wg0.old && chmod 644 /var/tmp/wg0.old",
        note="a copy, just in case",
        repair="rm /var/tmp/wg0.old",
    ),
    Break(
        control="VPN-20",
        damage=f'wg set wg0 peer "{PEER}" allowed-ips "{PREFIXES},192.0.2.0/24"',
        note="a peer may claim one more prefix",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-21",
        damage='wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 192.0.2.1/32',
        note="a friend's laptop",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-22",
        damage=f'wg genpsk | wg set wg0 peer "{PEER}" preshared-key /dev/stdin',
        note="preshared key changed at one end",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-23",
        damage=f'wg set wg0 peer "{PEER}" persistent-keepalive 99',
        note="the carrier forgets the way in",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-24",
        alone=True,
        # The hub is not heard, in either family, nor what it had sent before: a packet of its own
        # would put the endpoint right (roaming).
        damage=f"{NO_WATCH} && nft add table inet intruder && "
        "nft 'add chain inet intruder in { type filter hook input priority -10; }' && "
        "nft add rule inet intruder in udp sport 51820 drop && sleep 1 && "
        f'wg set wg0 peer "{PEER}" endpoint "{WRONG_PORT}"',
        note="wrong port, and nobody who watches",
        role="gateway",
        also=(*DEAD, "VPN-40", "NET-13"),
        repair="nft delete table inet intruder",
    ),
    Break(
        control="VPN-25",
        alone=True,
        damage="ip rule add pref 10 ipproto udp dport 51820 blackhole && "
        "ip -6 rule add pref 10 ipproto udp dport 51820 blackhole && "
        "systemctl restart wg-quick@wg0",
        note="the provider blocks UDP",
        role="gateway",
        also=DEAD,
        repair="ip rule delete pref 10; ip -6 rule delete pref 10",
    ),
    Break(
        control="VPN-30",
        damage=f"ip rule add pref 10 to {HUB} blackhole",
        note="a policy route swallows the hub",
        role="gateway",
        also=("VPN-31", "VPN-35", *NO_STORE),
        repair="ip rule delete pref 10",
    ),
    Break(
        control="VPN-31",
        damage=f"ip route add {HUB}/32 dev wg0 mtu lock 1200",
        note="large packets stop on the way",
        role="gateway",
        also=("VPN-33", RUNNING),
    ),
    Break(
        control="VPN-32",
        damage=f"ip route delete {FIRST_PREFIX} dev wg0",
        note="a route deleted by hand",
        also=(*DEAD, "VPN-35", RUNNING),
    ),
    Break(
        control="VPN-33",
        damage="ip route add 192.0.2.0/24 dev wg0",
        note="somebody else's traffic through the syndicate",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-34",
        damage=f"ip route delete unreachable {FIRST_PREFIX} metric 4096",
        note="in clear by the uplink, the day the tunnel is down",
        role="gateway",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-35",
        damage=f"ip route replace {FIRST_PREFIX} dev wg0 src {UPLINK_ADDRESS}",
        note="the hub drops what comes from an address it does not know",
        role="gateway",
        also=(*DEAD, RUNNING),
    ),
    Break(
        control="VPN-40",
        damage="systemctl disable mairie-wg.timer",
        note="nobody watches after the next boot",
    ),
    Break(
        control="VPN-41",
        alone=True,
        damage="printf '#!/bin/sh\\nexit 1\\n' >/usr/local/libexec/mairie/wg-reresolve; "
        "systemctl start mairie-wg.service; true",
        note="the watch fails",
        also=(DRIFT, "BAS-70"),
    ),
    Break(
        control="VPN-42",
        damage=f"{NO_WATCH} && rm /var/lib/mairie/vpn/endpoints.json",
        note="nothing remembered for a boot without DNS",
        role="gateway",
        also=("VPN-40",),
    ),
    Break(
        control="VPN-43",
        damage="systemctl enable mairie-wg-follow.service",
        note="follows a rotation that is over",
    ),
    Break(
        control="VPN-44",
        damage="echo '# by hand' >>/etc/systemd/system/mairie-wg.timer",
        note="a file edited on the host",
    ),
    Break(
        control="VPN-45",
        damage="echo 'Nonsense = 1' >>/etc/wireguard/wg0.conf",
        note="a configuration that no longer loads",
        also=(RUNNING,),
    ),
    Break(
        control="VPN-46",
        damage=f'wg set wg0 peer "{PEER}" persistent-keepalive 98',
        note="changed live, lost at the next boot",
        also=("VPN-23",),
    ),
)
