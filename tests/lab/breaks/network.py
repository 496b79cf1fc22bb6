"""How each control of brick network is proved."""

from tests.lab.breaks import NO_STORE, Break, unwatched

DRIFT = "NET-01"
UPLINK = "$(ls /etc/systemd/network/05-*.network | head -1 | sed 's/.*05-//; s/.network//')"
BRIDGE = "$(ls /sys/class/net | grep -m1 '^br-a')"
MEMBER = f"$(ls /sys/class/net/{BRIDGE}/brif | grep -v intruder | head -1)"
OTHER_BRIDGE = "$(ls /sys/class/net | grep -m1 '^br-v')"
LINKS_BACK = "networkctl reconfigure $(ls /sys/class/net | grep '^br-') && sleep 3"
DNSMASQ = "/etc/dnsmasq.d/mairie.conf"
DNSMASQ_LAST = "/etc/dnsmasq.d/zz-intruder"
"""One file per break: they may be tried together."""
DNSMASQ_BACK = f"rm -f {DNSMASQ_LAST}-*; systemctl restart dnsmasq.service && sleep 3"
FILTER = "/etc/mairie/filter/dnsmasq.conf"
FILTER_AGAIN = "systemctl restart mairie-filter.service && sleep 2"
NO_QUEUES_WATCH = unwatched("mairie-queues")

BREAKS: tuple[Break, ...] = (
    Break(
        control="NET-01",
        damage="echo '# a try' >>/etc/systemd/networkd.conf.d/10-mairie.conf",
        note="a setting tried by hand",
    ),
    Break(
        control="NET-01",
        damage="chmod 666 /etc/nftables.conf",
        note="everybody may write the rules",
        also=("BAS-60",),
    ),
    Break(
        control="NET-10",
        damage="nft delete rule inet mairie input handle $(nft -a list chain inet mairie input "
        "| grep -m1 'counter name \"agents-gateway\"' | sed 's/.*handle //')",
        note="one rule of a flow deleted",
        role="gateway",
    ),
    Break(
        control="NET-10",
        damage="nft insert rule inet mairie forward counter name agents-internet accept",
        note="a flow opened to everybody, under its own counter",
        role="gateway",
    ),
    Break(
        control="NET-11",
        damage="nft 'chain inet mairie forward { policy accept; }'",
        note="the default policy turned over for a test",
    ),
    Break(
        control="NET-12",
        damage="nft insert rule inet mairie input tcp dport 8080 accept",
        note="a port opened by hand",
        role="gateway",
    ),
    Break(
        control="NET-12",
        damage="nft delete rule inet mairie spoofed handle $(nft -a list chain inet mairie spoofed "
        "| grep -m1 fib | sed 's/.*handle //')",
        note="spoofed sources are let in",
        role="gateway",
    ),
    Break(
        control="NET-12",
        damage="nft flush chain bridge mairie relayed",
        note="visitors of two access points see each other",
        also=("NET-14",),
        role="ap",
    ),
    Break(
        control="NET-12",
        damage="nft flush chain inet mairie queue-forward",
        note="every visitor may claim to be a call",
        role="gateway",
    ),
    Break(
        control="NET-13",
        damage="nft add table ip intruder && "
        "nft 'add chain ip intruder in { type filter hook input priority -10; }'",
        note="a second firewall beside ours",
        repair="nft delete table ip intruder",
    ),
    Break(
        control="NET-14",
        damage="nft delete rule inet mairie input handle $(nft -a list chain inet mairie input "
        "| grep -m1 dropped-from-public | sed 's/.*handle //'); "
        "nft delete rule inet mairie forward handle $(nft -a list chain inet mairie forward "
        "| grep -m1 dropped-from-public | sed 's/.*handle //')",
        note="refusals of visitors no longer counted",
        also=("NET-12",),
        role="gateway",
    ),
    Break(
        control="NET-15",
        damage="nft 'add element inet mairie same-commune-4 { 10.44.0.0/16 . 10.41.0.0/16 }'",
        note="two communes joined at the hub",
        role="hub",
    ),
    Break(
        control="NET-36",
        damage="ip route add default via 192.0.2.1 onlink metric 7 "
        "dev $(ls /etc/systemd/network/05-*.network | sed 's/.*05-//; s/.network//')",
        note="another way out of a server",
        role="server",
        alone=True,
        also=NO_STORE,
        repair="ip route del default metric 7",
    ),
    Break(
        control="NET-16",
        damage="systemctl disable nftables.service",
        note="no firewall after the next power cut",
    ),
    Break(
        control="NET-17",
        damage="sysctl -q -w net.ipv6.conf.all.forwarding=0",
        note="IPv6 no longer goes through",
        role="gateway",
    ),
    Break(
        control="NET-20",
        damage=f"mkdir -p /run/systemd/network && printf '[Match]\\nName=%s\\n[Link]\\n"
        f"Unmanaged=yes\\n' {MEMBER} >/run/systemd/network/00-intruder.network && "
        "networkctl reload && sleep 3",
        note="a port taken out of networkd's hands",
        also=("NET-32", "NET-33"),
        repair="rm /run/systemd/network/00-intruder.network && networkctl reload && sleep 4",
        role="gateway",
    ),
    Break(
        control="NET-21",
        damage=f"ip route add default via $(ip -4 route show default dev {UPLINK} | "
        f"sed -n 's/.*via \\([^ ]*\\).*/\\1/p' | head -1) dev {UPLINK} metric 7",
        note="a route by hand passes before the plan's",
        repair=f"ip route del default dev {UPLINK} metric 7",
        role="gateway",
    ),
    Break(
        control="NET-22",
        damage=f"ip link set {UPLINK} mtu 1300",
        note="packet size of an uplink changed",
        also=("VPN-31",),
        repair=f"networkctl reconfigure {UPLINK} && sleep 4",
        role="gateway",
    ),
    Break(
        control="NET-23",
        damage="systemctl stop uplink-watch.service; "
        "ip route add default $(ip -4 route show default metric 200 "
        "| sed -n 's/.*\\(via [^ ]* dev [^ ]*\\).*/\\1/p') proto static metric 50",
        note="traffic goes through the spare uplink",
        also=("NET-39",),
        repair="ip route del default metric 50 2>/dev/null || :",
        role="gateway",
    ),
    Break(
        control="NET-24",
        damage="ip link set dev br-public address 02:00:00:00:00:99",
        note="a bridge under another address",
        repair="networkctl reconfigure br-public && sleep 4",
        role="ap-gateway",
    ),
    Break(
        control="NET-30",
        damage=f"ip address add 192.168.77.1/24 dev {BRIDGE}",
        note="a second network on a segment",
        repair=f"ip address del 192.168.77.1/24 dev {BRIDGE}",
        role="gateway",
    ),
    Break(
        control="NET-31",
        damage=f"ip address add fd00:77::1/64 dev {BRIDGE}",
        note="a second IPv6 network on a segment",
        repair=f"ip address del fd00:77::1/64 dev {BRIDGE}",
        role="gateway",
    ),
    Break(
        control="NET-32",
        damage="ip link add intruder type veth peer name intruder2 && "
        f"ip link set intruder master {BRIDGE} up",
        note="one more port on a segment",
        repair="ip link del intruder",
        role="gateway",
    ),
    Break(
        control="NET-33",
        damage=f"bridge link set dev {MEMBER} isolated on",
        note="a port that should see the others does not",
        repair=f"bridge link set dev {MEMBER} isolated off",
        role="gateway",
    ),
    Break(
        control="NET-34",
        damage="name=$(ls /proc/net/vlan | grep -m1 '\\.20$'); link=${name%.20}; "
        "ip link del $name && ip link add link $link name $name type vlan id 21 && "
        "ip link set $name master br-agents up",
        note="a segment poured into another VLAN",
        repair="ip link del $(ls /proc/net/vlan | grep -m1 '\\.20$'); "
        "systemctl restart systemd-networkd.service && sleep 5",
        machine=True,
        role="gateway",
    ),
    Break(
        control="NET-35",
        damage=f"ip link set {BRIDGE} type bridge stp_state 1",
        note="a bridge negotiates its topology",
        repair=f"ip link set {BRIDGE} type bridge stp_state 0",
        role="gateway",
    ),
    Break(
        control="NET-37",
        damage="printf '[Service]\\nExecStart=/bin/sleep 600\\n' "
        ">/run/systemd/system/networking.service && systemctl daemon-reload && "
        "systemctl start networking.service",
        note="the old network service runs again",
        repair="systemctl stop networking.service; rm /run/systemd/system/networking.service; "
        "systemctl daemon-reload",
    ),
    Break(
        control="NET-38",
        damage="cp /bin/sleep /var/tmp/dhclient && "
        "systemd-run --quiet --collect --unit=intruder-dhcp /var/tmp/dhclient 600",
        note="a second DHCP client",
        repair="systemctl stop intruder-dhcp.service; rm -f /var/tmp/dhclient",
    ),
    Break(
        control="NET-39",
        damage="systemctl stop names-watch.service",
        note="nobody looks whether the hub answers",
        role="gateway",
    ),
    Break(
        control="NET-40",
        damage=f"echo except-interface={BRIDGE} >{DNSMASQ_LAST}-40.conf && "
        "systemctl restart dnsmasq.service && sleep 3",
        note="a segment without names",
        also=("NET-41", "NET-50", "NET-52"),
        repair=DNSMASQ_BACK,
        role="gateway",
    ),
    Break(
        control="NET-41",
        damage=f"ip -6 address del $(ip -6 -o address show dev {BRIDGE} scope global "
        f"| sed 's/.*inet6 \\([^ ]*\\).*/\\1/') dev {BRIDGE} && sleep 3",
        note="IPv6 lost on a segment",
        also=("NET-31", "BAS-22"),
        repair=LINKS_BACK,
        role="gateway",
    ),
    Break(
        control="NET-42",
        damage="name=$(sed -n 's/^host-record=\\([^,]*\\),.*/\\1/p' "
        f"{DNSMASQ} | tail -1); echo address=/$name/192.168.77.7 >{DNSMASQ_LAST}-42.conf && "
        f'sed -i "/^host-record=$name,/d" {DNSMASQ} && systemctl restart dnsmasq.service && '
        "sleep 3",
        note="a printer's name leads elsewhere",
        also=(DRIFT,),
        repair=f"rm -f {DNSMASQ_LAST}-42.conf",
        role="gateway",
    ),
    Break(
        control="NET-43",
        damage="echo address=/nobody-has-this-name.home.arpa/192.168.77.8 "
        f">{DNSMASQ_LAST}-43.conf && "
        "systemctl restart dnsmasq.service && sleep 3",
        note="an internal name answered from outside",
        repair=DNSMASQ_BACK,
        role="gateway",
    ),
    Break(
        control="NET-44",
        damage=f"sed -i 's/^cache-size=.*/cache-size=150/' {DNSMASQ} && "
        "systemctl restart dnsmasq.service && sleep 3",
        note="the cache of a package's default",
        also=(DRIFT,),
        role="gateway",
    ),
    Break(
        control="NET-45",
        damage="systemctl stop names-watch.service; "
        "echo nameserver 192.0.2.53 >/run/mairie-names/resolvers",
        note="somebody else's resolver",
        also=("NET-39",),
        role="gateway",
    ),
    Break(
        control="NET-46",
        damage="sed -i 's/^nameserver .*/nameserver 192.0.2.53/' /etc/resolv.conf",
        note="a resolver left by an installer",
        also=(DRIFT,),
    ),
    Break(
        control="NET-47",
        damage=f"sed -i '/adguard-dns.com/d' {FILTER} && {FILTER_AGAIN}",
        note="one name let through, for a teacher",
        also=(DRIFT,),
        role="gateway",
    ),
    Break(
        control="NET-48",
        damage=f"sed -i 's/^except-interface=lo/interface=br-agents/' {FILTER} && {FILTER_AGAIN}",
        note="staff are to be filtered too",
        also=(DRIFT,),
        role="gateway",
    ),
    Break(
        control="NET-50",
        damage=f"sed -i '/^dhcp-option=tag:agents,option:router/d' {DNSMASQ} && "
        f"echo dhcp-option=tag:agents,option:router,192.168.77.1 >{DNSMASQ_LAST}-50.conf && "
        "systemctl restart dnsmasq.service && sleep 3",
        note="devices are sent through another gateway",
        also=(DRIFT,),
        repair=f"rm -f {DNSMASQ_LAST}-50.conf",
        role="gateway",
    ),
    Break(
        control="NET-51",
        damage="echo 4102444800 02:00:00:00:00:77 192.168.77.9 intruder '*' "
        ">>/var/lib/misc/dnsmasq.leases",
        note="a lease outside the plan's ranges",
        repair="sed -i /192.168.77.9/d /var/lib/misc/dnsmasq.leases",
        role="gateway",
    ),
    Break(
        control="NET-52",
        damage=f"sed -i '/^dhcp-range=.*ra-stateless/d' {DNSMASQ} && "
        "systemctl restart dnsmasq.service && sleep 2",
        note="no router advertisements",
        also=(DRIFT,),
        role="gateway",
    ),
    Break(
        control="NET-60",
        damage="if nft list set inet mairie open-school-hours | grep -q elements; "
        "then nft flush set inet mairie open-school-hours; "
        "else nft 'add element inet mairie open-school-hours { \"br-school\" }'; fi",
        note="the school opened at night, or closed by day",
        repair="/usr/local/libexec/mairie/access-hours",
        role="gateway",
    ),
    Break(
        control="NET-61",
        damage="systemctl stop access-hours.timer",
        note="hours no longer followed",
        also=("NET-39",),
        role="gateway",
    ),
    Break(
        control="NET-70",
        damage="systemd-run --quiet --collect --unit=intruder-http "
        "python3 -m http.server 8099 && sleep 1",
        note="a file server left running",
        repair="systemctl stop intruder-http.service",
    ),
    Break(
        control="NET-71",
        damage=f"echo interface={UPLINK} >{DNSMASQ_LAST}-71.conf && "
        "systemctl restart dnsmasq.service && sleep 3",
        note="a resolver open to the internet",
        repair=DNSMASQ_BACK,
        role="gateway",
    ),
    Break(
        control="NET-80",
        damage=f"{NO_QUEUES_WATCH} && tc qdisc del dev {UPLINK} root",
        note="the queue taken away, to see how fast the line is",
        also=("NET-39", "NET-81"),
        role="gateway",
    ),
    Break(
        control="NET-80",
        damage=f"{NO_QUEUES_WATCH} && rate=$(tc -json qdisc show dev "
        f"{UPLINK} | grep -c cake); if [ $rate = 1 ]; "
        f"then tc qdisc change dev {UPLINK} root cake bandwidth 100mbit; "
        f"else tc class change dev {UPLINK} parent 1: classid 1:1 htb rate 100mbit; fi",
        note="a rate that the line does not have",
        also=("NET-39",),
        role="gateway",
    ),
    Break(
        control="NET-81",
        damage=f"{NO_QUEUES_WATCH} && tc qdisc del dev {UPLINK} root && "
        f"tc qdisc add dev {UPLINK} root handle 1: tbf rate 3400kbit burst 10000 latency 100ms",
        note="a queue without classes, from a page about rates",
        also=("NET-39", "NET-80"),
        role="gateway",
    ),
    Break(
        control="NET-82",
        damage="systemctl disable mairie-queues.service",
        note="the tunnel comes back without its queue",
        role="gateway",
    ),
)
