"""A small territory in containers: the demo's hub and two gateways, on one uplink network.

Only the brick vpn is placed, as rendered; packages come from the lab's own folder. ``wan`` gives
leases and answers names, as a provider would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mairie.inventory import load
from mairie.lab.containers import Lab, Node
from mairie.lab.fabric import Attachment
from mairie.model.territory import PublicKeys, Territory
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.resolve import resolve
from mairie.render import render
from mairie.secrets.keys import KeyPair, new_key_pair, new_preshared_key

DEMO = Path(__file__).parents[2] / "inventories" / "demo"
HUB, GW, GW2 = "hub", "rurutu-mairie-gw", "rurutu-ecole-gw"
WAN_ADDRESSES = {HUB: ("198.51.100.10", "198.51.100.20"), GW: ("198.51.100.44",)}
NODES = [
    Node("wan", "client", (Attachment("eth0", "wan"),)),
    *(Node(name, "host", (Attachment("eth0", "wan"),)) for name in (HUB, GW, GW2)),
]
NAMES = "/srv/names"
NETWORKD = """[Match]
Name=eth0
[Network]
DHCP=ipv4
[DHCPv4]
ClientIdentifier=mac
"""


@dataclass
class Keys:
    """The private half of a territory; what ``mairie secrets`` keeps in age files."""

    current: dict[str, KeyPair]
    coming: dict[str, KeyPair] = field(default_factory=dict)
    preshared: dict[str, str] = field(default_factory=dict)
    """By gateway."""

    @classmethod
    def new(cls, hosts: list[str]) -> "Keys":
        return cls(
            current={name: new_key_pair() for name in hosts},
            preshared={name: new_preshared_key() for name in hosts},
        )

    def rotate(self, host: str) -> None:
        self.coming[host] = new_key_pair()

    def finish(self, host: str) -> None:
        self.current[host] = self.coming.pop(host)

    def public(self) -> dict[str, PublicKeys]:
        return {
            name: PublicKeys(
                current=pair.public,
                next=self.coming[name].public if name in self.coming else None,
            )
            for name, pair in self.current.items()
        }


class World:
    """The running lab with its territory."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        territory = load(DEMO, secrets=False)
        gateways = [
            f"{commune}-{site}-{host}"
            for commune, described in territory.communes.items()
            for site, place in described.sites.items()
            for host in place.hosts
        ]
        self._territory: Territory = territory
        self.keys = Keys.new([*territory.syndicate.hubs, *gateways])

    def plan(self, host: str) -> HostPlan:
        """Return the plan of a host, with one uplink as the lab has."""
        plan = resolve(replace(self._territory, public_keys=self.keys.public()))[host]
        uplinks = tuple(replace(each, port="eth0") for each in plan.network.uplinks[:1])
        return replace(plan, network=replace(plan.network, uplinks=uplinks))

    def secrets(self, host: str) -> HostSecrets:
        """Return the secrets of a host."""
        keys = self.keys
        shared: Mapping[str, str] = keys.preshared if host == HUB else {HUB: keys.preshared[host]}
        return HostSecrets(
            wireguard_private_key=keys.current[host].private,
            next_wireguard_private_key=keys.coming[host].private if host in keys.coming else "",
            preshared_keys=dict(shared),
        )

    def start(self) -> None:
        """Boot everything, without a tunnel yet."""
        self.lab.up(NODES)
        wan = self.lab
        wan.check("wan", ["ip", "address", "add", "198.51.100.1/24", "dev", "eth0"])
        wan.check("wan", ["ip", "link", "set", "eth0", "up"])
        macs = {port: self._mac(port) for port in (HUB, GW, GW2)}
        wan.put("wan", {NAMES: b"198.51.100.10 hub.demo.example\n"})
        wan.check(
            "wan",
            [
                "dnsmasq",
                "--no-resolv",
                "--no-hosts",
                f"--addn-hosts={NAMES}",
                "--local-ttl=1",
                "--dhcp-range=198.51.100.100,198.51.100.150,5m",
                "--dhcp-authoritative",
                *(
                    f"--dhcp-host={mac},{WAN_ADDRESSES[name][0]}"
                    for name, mac in macs.items()
                    if name in WAN_ADDRESSES
                ),
            ],
        )
        for name in (HUB, GW, GW2):
            wan.put(name, {"/etc/systemd/network/10-eth0.network": NETWORKD.encode()})
            wan.check(name, ["systemctl", "enable", "--now", "systemd-networkd"])
        for name in (HUB, GW, GW2):
            wan.check(name, ["apt-get", "update", "-q"], timeout=120)
            packages = ["python3", "wireguard-tools", "wireguard-go", "iputils-ping"]
            wan.check(
                name,
                ["apt-get", "install", "-qy", "--no-install-recommends", *packages],
                timeout=300,
            )
            wan.check(name, ["sysctl", "-q", "net.ipv4.ip_forward=1"])
            wan.check(name, ["sysctl", "-q", "net.ipv6.conf.all.forwarding=1"])

    def _mac(self, name: str) -> str:
        return self.lab.check(name, ["cat", "/sys/class/net/eth0/address"]).strip()

    def place(self, host: str) -> None:
        """Write the brick's files with their modes, checks included."""
        plan = self.plan(host)
        files = render(plan, self.secrets(host), "vpn")
        for file in files:
            self.lab.put(host, {file.path: file.text.encode()}, mode=int(file.mode, 8))
            if file.check:
                words = [word.replace("{}", file.path) for word in file.check]
                self.lab.check(host, words)
        if not any(file.path.endswith("next.key") for file in files):
            self.lab.check(host, ["rm", "-f", "/etc/wireguard/wg0.next.key"])

    def deploy(self, host: str) -> None:
        """Do what deploys/vpn.py does once packages are there."""
        self.place(host)
        plan = self.plan(host)
        assert plan.vpn is not None
        follow = any(peer.next_public_key for peer in plan.vpn.peers)
        verb = "enable" if follow else "disable"
        for argv in (
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--now", "wg-quick@wg0"],
            ["systemctl", "reload", "wg-quick@wg0"],
            ["systemctl", "enable", "--now", "mairie-wg.timer"],
            ["systemctl", verb, "--now", "mairie-wg-follow"],
            ["systemctl", "restart", "mairie-wg"],
        ):
            self.lab.check(host, argv)

    def name_is(self, address: str | None) -> None:
        """Change what the provider's DNS answers for the hub; None: it does not know the name."""
        text = f"{address} hub.demo.example\n" if address else ""
        self.lab.put("wan", {NAMES: text.encode()})
        self.lab.check("wan", ["pkill", "-HUP", "dnsmasq"])

    def wg(self, host: str, what: str) -> str:
        """Return what ``wg show wg0`` says."""
        return self.lab.check(host, ["wg", "show", "wg0", what]).strip()

    def pings(self, host: str, address: str, seconds: int = 10) -> bool:
        """Whether an address answers within some seconds."""
        return (
            self.lab.exec(host, ["ping", "-c1", f"-w{seconds}", address], timeout=seconds + 5)
        ).exit_code == 0

    def tunnel_address(self, host: str) -> str:
        """Return the host's IPv4 address in the VPN."""
        vpn = self.plan(host).vpn
        assert vpn is not None
        return vpn.ipv4.partition("/")[0]
