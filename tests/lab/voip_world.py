"""Two communes with telephones, the hub's exchange, two operators and softphones, in containers.

Only the brick voip is placed, as rendered, and started as deploys/voip.py does; all machines are on
one flat network with the addresses of the plan. Phones are baresip, operators other Asterisks.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from mairie.files import voip as table
from mairie.host.looks import sip
from mairie.inventory import load
from mairie.lab.clients import Nodes
from mairie.plan.host import HostPlan, HostSecrets
from mairie.plan.parts.voip import VOICEMAIL, Extension, Trunk, VoipPlan
from mairie.plan.resolve import resolve
from mairie.render import render
from mairie.secrets.phone_certificates import new_certificate
from tests.lab import voip_inventory

HUB, RURUTU, RAPA = "hub", "rurutu-mairie-srv", "rapa-mairie-box"
SERVERS = (HUB, RURUTU, RAPA)
OPERATORS = {"operator": "198.51.100.21", "reserve": "198.51.100.22"}
"""Node → address."""
SHARE = Path(__file__).parent / "voip"
PHONE = "/srv/phone/phone.py"
PASSWORD = "Password-of-{}"
PIN = "246810"
NATIVE = r"(?m)^ +NativeFormats: \((\w+)\)"
"""In what Asterisk says of a channel: what is spoken on its wire."""
NOBODY = "02:00:00:00:00:fe"
"""Hardware address that no machine has."""


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.3)
    return False


@dataclass(frozen=True)
class Phone:
    """One softphone."""

    server: str
    extension: Extension
    node: str
    address: str
    port: int
    """Of SIP; its control is 1000 above."""
    tone: int
    """Hertz."""

    @property
    def name(self) -> str:
        """Of commune and key: ``rurutu accueil``."""
        return f"{self.server.partition('-')[0]} {self.extension.name}"

    @property
    def folder(self) -> str:
        """Of its settings and of what it hears."""
        return f"/srv/phone/{self.extension.name}"


class World:
    """The machines, with their plans."""

    def __init__(
        self, nodes: Nodes, folder: Path, write: Callable[[Path], Path] = voip_inventory.write
    ) -> None:
        self.nodes = nodes
        plans = resolve(load(write(folder), secrets=False))
        self.plans = {name: self._reachable(plans[name]) for name in SERVERS}
        self.phones = {phone.name: phone for phone in self._phones()}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all machines."""
        return (*SERVERS, *OPERATORS, *sorted({phone.node for phone in self.phones.values()}))

    def leads_to(self, trunk: Trunk, operator: str) -> bool:
        """Whether a trunk leads to an operator."""
        return trunk.host == OPERATORS[operator]

    @staticmethod
    def _reachable(plan: HostPlan) -> HostPlan:
        """Give trunks the operators' addresses, and SIP that can be read on the wire."""
        if plan.voip is None:
            return plan
        hosts = {"local": "operator", "secours": "reserve"}

        def at(trunk: Trunk) -> Trunk:
            return replace(
                trunk,
                host=OPERATORS[hosts[trunk.name]],
                port=5060,
                transport="udp",
                srtp=False,
            )

        trunks = tuple(at(trunk) for trunk in plan.voip.trunks)
        return replace(plan, voip=replace(plan.voip, trunks=trunks))

    def voip(self, server: str) -> VoipPlan:
        """Return the telephone system of a commune."""
        found = self.plans[server].voip
        assert found is not None
        return found

    def _phones(self) -> list[Phone]:
        found = []
        for server in (RURUTU, RAPA):
            for number, extension in enumerate(self.voip(server).extensions):
                network = ip_network(extension.prefix_ipv4)
                found.append(
                    Phone(
                        server=server,
                        extension=extension,
                        node=f"{server.partition('-')[0]}-{extension.site}-phones",
                        address=str(network[50]),
                        port=5070 + number,
                        tone=440 + 220 * number,
                    )
                )
        return found

    def secrets(self, server: str) -> HostSecrets:
        """Return the secrets of a host."""
        voip = self.plans[server].voip
        if voip is None:
            return HostSecrets()
        others = {f"trunk-{trunk.name}": PASSWORD.format(trunk.name) for trunk in voip.trunks}
        for extension in voip.extensions:
            others[f"sip-{extension.name}"] = PASSWORD.format(extension.name)
            others[f"voicemail-{extension.name}"] = PIN
        if voip.certificate:
            others |= self.certificate(server)
        return HostSecrets(others=others)

    @cache  # noqa: B019 - one world lives as long as its module's tests
    def certificate(self, server: str) -> dict[str, str]:
        """Return the certificate of a telephone host, as its phones trust it."""
        plan = self.plans[server]
        return new_certificate(
            plan.place.commune_label,
            "lab",
            plan.fqdn,
            self.voip(server).ipv4,
            today=datetime.now(UTC).date(),
        )

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a machine on the flat network."""
        if name in OPERATORS:
            return [f"{OPERATORS[name]}/0"]
        if name in SERVERS:
            at = self.plans[name].voip or self.plans[name].exchange
            assert at is not None
            return [f"{at.ipv4}/0", f"{at.ipv6}/0"]
        return [f"{phone.address}/0" for phone in self.phones.values() if phone.node == name][:1]

    def start(self) -> None:
        """Give addresses, start operators, servers, and phones."""
        for name in self.names:
            self.give_addresses(name)
        for name in OPERATORS:
            self.operator(name)
        for name in SERVERS:
            self.deploy(name)
        for phone in self.phones.values():
            self.switch_on(phone)
        assert wait(self._all_registered, 30), self.contacts(RURUTU)

    def give_addresses(self, name: str) -> None:
        """Put a machine on the flat network."""
        lines = [
            "ip link set eth0 up",
            "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 2>/dev/null || :",
        ]
        for address in self.addresses(name):
            plain = address.partition("/")[0]
            length, family = ("8", "-4") if "." in plain else ("16", "-6")
            nodad = " nodad" if family == "-6" else ""
            lines.append(f"ip {family} address replace {plain}/{length} dev eth0{nodad}")
        lines.append("ip -4 route replace 0.0.0.0/1 dev eth0 scope link")
        lines.append("ip -4 route replace 128.0.0.0/1 dev eth0 scope link")
        self.nodes.check(name, ["sh", "-ec", "\n".join(lines)])

    def _all_registered(self) -> bool:
        return all(self.is_registered(phone) for phone in self.phones.values())

    # Servers --------------------------------------------------------------------------------------

    def place(self, server: str) -> None:
        """Write the brick's files with their modes."""
        for file in render(self.plans[server], self.secrets(server), "voip"):
            self.nodes.put(server, {file.path: file.text.encode()}, int(file.mode, 8))
            self.nodes.check(server, ["chown", f"{file.owner}:{file.group}", file.path])

    def deploy(self, server: str) -> None:
        """Do what deploys/voip.py does once the package is there."""
        folders = " ".join((table.RECORDS, VOICEMAIL, *table.spools(self.plans[server])))
        self.place(server)
        self.nodes.check(
            server,
            [
                "sh",
                "-ec",
                f"install -d -m 750 -o root -g {table.ACCOUNT} {table.CANDIDATE}\n"
                f"install -d -m 750 -o {table.ACCOUNT} -g {table.ACCOUNT} {folders}",
            ],
        )
        self.nodes.check(server, [table.APPLY], timeout=120)
        self.nodes.check(server, ["systemctl", "daemon-reload"])
        self.nodes.check(server, ["systemctl", "enable", "--now", table.SERVICE, table.KEEP_TIMER])

    def operator_files(self, name: str) -> dict[str, str]:
        """Return files that an operator has beside its own: text by path."""
        del name
        return {}

    def operator(self, name: str) -> None:
        """Start an operator, which knows the communes that have a trunk to it."""
        files = {
            f"{table.LIVE}/{path.name}": path.read_text().replace("ADDRESS", OPERATORS[name])
            for path in sorted((SHARE / "operator").glob("*.conf"))
        }
        accounts = []
        for server in (RURUTU, RAPA):
            voip = self.voip(server)
            for trunk in voip.trunks:
                if self.leads_to(trunk, name):
                    accounts.append(_account(server.partition("-")[0], voip, trunk))
        files[f"{table.LIVE}/pjsip_customers.conf"] = "\n".join(accounts)
        files |= self.operator_files(name)
        self.nodes.check(name, ["sh", "-c", f"rm -rf {table.LIVE}/*"])
        for path, text in files.items():
            self.nodes.put(name, {path: text.encode()})
        self.nodes.check(name, ["chown", "-R", "asterisk:asterisk", table.LIVE])
        self.nodes.check(name, ["systemctl", "restart", table.SERVICE])

    def ask(self, server: str, command: str) -> str:
        """Return what an Asterisk answers."""
        return self.nodes.check(server, ["asterisk", "-rx", command])

    def contacts(self, server: str) -> str:
        """Return who is where."""
        return self.ask(server, "pjsip list contacts")

    def channels(self, server: str) -> list[list[str]]:
        """Return the channels of an Asterisk: name, context, extension, priority, state …"""
        listed = self.ask(server, "core show channels concise")
        return [line.split("!") for line in listed.splitlines() if line.count("!") > 10]

    def codecs(self, server: str) -> list[str]:
        """Return the codecs of the sides of all calls that stand at an Asterisk, sorted."""
        shown = [self.ask(server, f"core show channel {line[0]}") for line in self.channels(server)]
        return sorted(each for text in shown for each in re.findall(NATIVE, text))

    def is_registered(self, phone: Phone) -> bool:
        """Whether the server knows where a phone is."""
        shown = self.contacts(phone.server)
        return f"{phone.extension.number}/sip:{phone.extension.number}" in shown

    def cut(self, name: str) -> None:
        """Unplug a machine."""
        self.nodes.check(name, ["ip", "link", "set", "eth0", "down"])

    def behind_the_hub(self, phone: Phone) -> bool:
        """Whether a phone reaches its telephone host through the hub: its site is another one."""
        return phone.extension.site != self.plans[phone.server].place.site

    def cut_hub(self) -> None:
        """Unplug the hub; phones that reach their telephone host through it send into the void."""
        self.cut(HUB)
        for phone in self._behind_the_hub():
            to = f"{self.voip(phone.server).ipv4} lladdr {NOBODY} dev eth0 nud permanent"
            self.nodes.check(phone.node, ["sh", "-c", f"ip neigh replace {to}"])

    def plug_hub(self) -> None:
        """Plug it in again, and wait until phones behind it are known."""
        self.plug(HUB)
        far = self._behind_the_hub()
        for phone in far:
            to = f"{self.voip(phone.server).ipv4} dev eth0"
            self.nodes.check(phone.node, ["sh", "-c", f"ip neigh del {to}"])
        assert wait(lambda: all(self.is_registered(phone) for phone in far), 150), far

    def _behind_the_hub(self) -> list[Phone]:
        return [phone for phone in self.phones.values() if self.behind_the_hub(phone)]

    def plug(self, name: str) -> None:
        """Plug it in again."""
        lines = ["ip link set eth0 up"]
        lines += [f"ip -4 route replace {half} dev eth0 scope link" for half in ("0.0.0.0/1",)]
        lines.append("ip -4 route replace 128.0.0.0/1 dev eth0 scope link")
        for address in self.addresses(name):
            plain = address.partition("/")[0]
            if ":" in plain:
                lines.append(f"ip -6 address replace {plain}/16 dev eth0 nodad")
        self.nodes.check(name, ["sh", "-ec", "\n".join(lines)])

    # Phones ---------------------------------------------------------------------------------------

    def switch_on(
        self, phone: Phone, password: str = "", *, answers: bool = True, codec: str = ""
    ) -> None:
        """Start a softphone; with an empty password or codec, its own."""
        voip, number = self.voip(phone.server), phone.extension.number
        known = password or PASSWORD.format(phone.extension.name)
        mode = "auto" if answers else "manual"
        codec = codec or ("PCMA" if phone.extension.mac else "opus")
        account = (
            f'"{phone.extension.name}" <sip:{number}@{voip.ipv4};transport=udp>;'
            f"auth_user={number};auth_pass={known};answermode={mode};regint=120;"
            f"audio_codecs={codec};mediaenc=\n"
        )
        settings = (SHARE / "baresip.conf").read_text()
        for word, value in (
            ("ADDRESS", phone.address),
            ("CONTROL", str(phone.port + 1000)),
            ("PORT", str(phone.port)),
            ("TONE", str(phone.tone)),
            ("FOLDER", phone.folder),
        ):
            settings = settings.replace(word, value)
        self.switch_off(phone)
        self.nodes.put(
            phone.node,
            {
                f"{phone.folder}/config": settings.encode(),
                f"{phone.folder}/accounts": account.encode(),
                f"{phone.folder}/contacts": b"",
                f"{phone.folder}/uuid": b"",
                PHONE: (SHARE / "phone.py").read_bytes(),
            },
        )
        script = (
            f"cd {phone.folder}; setsid baresip -f {phone.folder} >said 2>&1 </dev/null & "
            f"echo $! >{phone.folder}/pid"
        )
        self.nodes.check(phone.node, ["sh", "-c", script])

    def switch_off(self, phone: Phone) -> None:
        """Stop a softphone."""
        script = f"[ ! -e {phone.folder}/pid ] || kill -9 $(cat {phone.folder}/pid) || :"
        self.nodes.check(phone.node, ["sh", "-c", script])

    def tell(self, phone: Phone, *words: str) -> str:
        """Give a phone a command of baresip's; return what it answers."""
        port = str(phone.port + 1000)
        return self.nodes.check(phone.node, ["python3", PHONE, "tell", port, *words])

    def revive(self) -> None:
        """Start the softphones that fell over: baresip does, now and then, when a call ends."""
        down = [phone for phone in self.phones.values() if not self._runs(phone)]
        for phone in down:
            self.switch_on(phone)
        assert wait(lambda: all(self.is_registered(phone) for phone in down), 20), down

    def _runs(self, phone: Phone) -> bool:
        script = f"kill -0 $(cat {phone.folder}/pid)"
        return self.nodes.exec(phone.node, ["sh", "-c", script]).exit_code == 0

    def dial(self, phone: Phone, number: str) -> None:
        """Call a number; once more where the softphone falls over the end of its last call."""
        for _ in range(2):
            if not self._runs(phone):
                self.revive()
            self.tell(phone, "dial", f"sip:{number}@{self.voip(phone.server).ipv4}")
            if self._runs(phone):
                return

    def fallen(self) -> list[str]:
        """Return the softphones that do not run: where one is missing, nobody answers."""
        return [phone.name for phone in self.phones.values() if not self._runs(phone)]

    def speak_anew(self, phone: Phone, number: str, *sources: tuple[int, int]) -> None:
        """Call somebody from a phone's machine, and speak as one source after the other.

        Args:
            phone: that is imitated.
            number: to call.
            sources: number of the first packet and tone (hertz) of each, which lasts 4 s.

        """
        folder = f"{phone.folder}-anew"
        self.nodes.put(
            phone.node,
            {
                f"{folder}/anew.py": (SHARE / "anew.py").read_bytes(),
                f"{folder}/sip.py": Path(sip.__file__).read_bytes(),
            },
        )
        said = " ".join(f"{first}:{hertz}" for first, hertz in sources)
        password = PASSWORD.format(phone.extension.name)
        script = (
            f"setsid python3 {folder}/anew.py {self.voip(phone.server).ipv4} "
            f"{phone.extension.number} {password} {number} {phone.address} 4 {said} "
            f">{folder}/said 2>&1 </dev/null &"
        )
        self.nodes.check(phone.node, ["sh", "-c", script])

    def hang_up(self, *phones: Phone) -> None:
        """End every call of some phones, or of all; one that is switched off has none."""
        for phone in phones or self.phones.values():
            words = ["python3", PHONE, "tell", str(phone.port + 1000), "hangupall"]
            self.nodes.exec(phone.node, words)

    def quiet(self) -> bool:
        """Whether nobody is on the telephone."""
        return not any(self.channels(name) for name in (*SERVERS, *OPERATORS) if self._up(name))

    def _up(self, name: str) -> bool:
        return self.nodes.exec(name, ["asterisk", "-rx", "core show uptime"]).exit_code == 0

    def hush(self) -> None:
        """End all calls, everywhere."""
        self.hang_up()
        if not wait(self.quiet, 4):
            for name in (*SERVERS, *OPERATORS):
                self.nodes.exec(name, ["asterisk", "-rx", "channel request hangup all"])
            assert wait(self.quiet, 20), {name: self.channels(name) for name in SERVERS}

    def heard(self, phone: Phone) -> dict[int, float]:
        """Return how loud each phone's tone is in what a phone heard last: hertz → 0 … 1."""
        tones = sorted({each.tone for each in self.phones.values()})
        words = ["python3", PHONE, "heard", phone.folder, *map(str, tones)]
        found = json.loads(self.nodes.check(phone.node, words))
        return {int(tone): power for tone, power in found.items()}

    def seen(self, operator: str) -> list[tuple[str, str, str]]:
        """Return the calls that stand at an operator now: customer, caller, called."""
        found = []
        for line in self.channels(operator):
            customer = re.match(r"PJSIP/(\w+)-", line[0])
            if customer:
                found.append((customer[1], line[7], line[2]))
        return found


def _account(customer: str, voip: VoipPlan, trunk: Trunk) -> str:
    """Return a customer as an operator knows them."""
    lines = [
        f"[{customer}](customer)",
        f"aors = {customer}",
        f"set_var = CHANNELS={trunk.channels}",
        f"media_encryption = {'sdes' if trunk.srtp else 'no'}",
        # What the customer's connection comes from: nobody opens one to it from outside.
        f"rewrite_contact = {'yes' if trunk.transport == 'tls' else 'no'}",
        "",
    ]
    if trunk.username:
        lines[1:1] = [f"auth = {customer}"]
        lines += [
            f"[{customer}]",
            "type = auth",
            "auth_type = userpass",
            f"username = {trunk.username}",
            f"password = {PASSWORD.format(trunk.name)}",
            f"[{customer}]",
            "type = aor",
            "max_contacts = 1",
            "remove_existing = yes",
        ]
    else:
        lines += [f"[{customer}]", "type = aor", f"contact = sip:{voip.ipv4}:5060"]
    lines += [f"[{customer}]", "type = identify", f"endpoint = {customer}", f"match = {voip.ipv4}"]
    return "\n".join(lines) + "\n"
