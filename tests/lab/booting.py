"""A desk phone that boots: the lease, its maker's way to a file, the account in it.

What each maker asks for and reads is written here once more, from the makers' guides
(docs/phones.md): the plan's own names would prove nothing.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mairie.lab import clients
from mairie.lab.containers import Lab
from mairie.lab.topology import CLIENT_PORT, Client
from tests.lab.voip_world import PHONE, SHARE

FOLDER = "/srv/phone"
CONTROL, TONE = 6060, 440


@dataclass(frozen=True)
class Account:
    """What a phone knows once it has read its file."""

    number: str
    password: str
    registrar: str
    """Host and port."""
    tls: bool
    encrypted: bool
    """Whether it is to encrypt its sound."""
    authority: str = ""
    """Where the certificate is that it should trust; empty when its file names none."""


@dataclass(frozen=True)
class Maker:
    """How the phones of one maker boot."""

    file: Callable[[str, Mapping[int, str]], str]
    """Name of the file to ask for, by MAC address and DHCP options."""
    read: Callable[[str], Account]


def _yealink(text: str) -> Account:
    assert text.startswith("#!version:1.0.0.1\n"), "the phone refuses it otherwise"
    lines = (line.partition(" = ") for line in text.splitlines() if not line.startswith("#"))
    keys = {key: value for key, _, value in lines}
    server = "account.1.sip_server.1"
    assert keys["account.1.enable"] == "1"
    return Account(
        number=keys["account.1.user_name"],
        password=keys["account.1.password"],
        registrar=f"{keys[f'{server}.address']}:{keys[f'{server}.port']}",
        tls=keys[f"{server}.transport_type"] == "2",
        encrypted=keys["account.1.srtp_encryption"] != "0",
        authority=keys["static.trusted_certificates.url"],
    )


def _set_in(text: str, section: str) -> dict[str, str]:
    """Return what a section of a file in XML sets."""
    # Python's parser will do: what is read was written by a host of the lab.
    found = ET.fromstring(text).find(section)  # noqa: S314
    assert found is not None
    return {item.tag: item.text or "" for item in found}


def _snom(text: str) -> Account:
    keys = _set_in(text, "phone-settings")
    registrar, _, transport = keys["user_outbound"].partition(";transport=")
    assert keys["user_active"] == "on"
    return Account(
        number=keys["user_name"],
        password=keys["user_pass"],
        registrar=registrar,
        tls=transport == "tls",
        encrypted=keys["user_srtp"] == "on",
    )


def _grandstream(text: str) -> Account:
    keys = _set_in(text, "config")
    assert keys["P271"] == "1"
    return Account(
        number=keys["P35"],
        password=keys["P34"],
        registrar=keys["P47"],
        tls=keys["P130"] == "2",
        encrypted=keys["P183"] != "0",
    )


MAKERS: dict[str, Maker] = {
    "yealink": Maker(lambda mac, _: f"{mac.replace(':', '')}.cfg", _yealink),
    "snom": Maker(lambda _, options: options[67], _snom),
    "grandstream": Maker(lambda mac, _: f"cfg{mac.replace(':', '')}.xml", _grandstream),
}


@dataclass
class BootingPhone:
    """A machine of the lab that is one phone after the other."""

    lab: Lab
    client: Client
    address: str = ""

    def run(self, script: str, timeout: float = 120) -> str:
        """Run a shell script on it."""
        return self.lab.check(self.client.name, ["sh", "-c", script], timeout=timeout)

    def plug_in(self, mac: str) -> dict[int, str]:
        """Become the phone with this MAC address; return DHCP's options 66 and 67, as they come."""
        self.switch_off()
        # By its MAC address, as phones do it: dhcpcd would say who the machine is.
        conf = "/etc/dhcpcd.conf"
        self.run(f"sed -i -e /^duid/d -e /^clientid/d {conf}; echo clientid >>{conf}")
        link = f"ip link set {CLIENT_PORT}"
        self.run(
            f"dhcpcd -x {CLIENT_PORT} 2>/dev/null; ip address flush dev {CLIENT_PORT}; "
            f"{link} down; {link} address {mac}; {link} up"
        )
        self.address = clients.connect(self.lab, [self.client])[self.client.name].ipv4
        seen = self.run(
            f"(timeout 20 tcpdump -lnvv -i {CLIENT_PORT} udp port 68 >/tmp/seen 2>/dev/null & "
            f"sleep 2; dhcpcd -4 -o tftp_server_name -o bootfile_name -T {CLIENT_PORT} "
            ">/dev/null 2>&1; sleep 2; cat /tmp/seen)"
        )
        # dnsmasq ends a text with a NUL, which tcpdump shows as ^@.
        found = re.findall(r"\((66|67)\), length \d+: \"(.*?)(?:\^@)?\"", seen)
        return {int(number): value for number, value in found}

    def fetch(self, url: str) -> tuple[str, str]:
        """Ask as a phone out of its box, which knows no authority; return status and content."""
        said = self.run(f"curl -sk -m 8 -w '\\n%{{http_code}}' '{url}'; true")
        content, _, status = said.rpartition("\n")
        return status, content

    def register(self, account: Account) -> None:
        """Start a softphone that has this account and nothing else."""
        transport = "tls" if account.tls else "udp"
        line = (
            f"<sip:{account.number}@{account.registrar};transport={transport}>;"
            f"auth_user={account.number};auth_pass={account.password};regint=120;"
            f"audio_codecs=PCMA;mediaenc={'srtp' if account.encrypted else ''}\n"
        )
        words = {
            "ADDRESS": self.address,
            "CONTROL": str(CONTROL),
            "PORT": "5060",
            "TONE": str(TONE),
            "FOLDER": FOLDER,
            "module g711.so": "module g711.so\nmodule srtp.so",
        }
        files = {"accounts": line, "contacts": "", "uuid": ""}
        if account.authority:
            status, files["authority.pem"] = self.fetch(account.authority)
            assert status == "200", "the phone cannot learn whom to trust"
            trust = f"sip_verify_server yes\nsip_cafile {FOLDER}/authority.pem"
            words["sip_verify_server no"] = trust
        files["config"] = (SHARE / "baresip.conf").read_text()
        for word, value in words.items():
            assert word in files["config"], word
            files["config"] = files["config"].replace(word, value)
        self.lab.put(
            self.client.name,
            {
                PHONE: (SHARE / "phone.py").read_bytes(),
                **{f"{FOLDER}/{name}": text.encode() for name, text in files.items()},
            },
        )
        self.run(
            f"cd {FOLDER}; rm -f heard.wav; setsid baresip -f . >said 2>&1 </dev/null & "
            f"echo $! >{FOLDER}/pid; sleep 1"
        )

    def dial(self, number: str) -> None:
        """Call somebody."""
        self.run(f"python3 {PHONE} tell {CONTROL} dial {number}")

    def loud(self) -> float:
        """Return how loud its last second was, from 0 to 1."""
        return float(self.run(f"python3 {PHONE} loud {FOLDER}"))

    def said(self) -> str:
        """Return what the softphone wrote."""
        return self.run(f"cat {FOLDER}/said")

    def switch_off(self) -> None:
        """Stop the softphone, where one runs."""
        self.run(f"kill $(cat {FOLDER}/pid) 2>/dev/null; rm -f {FOLDER}/pid; sleep 1")
