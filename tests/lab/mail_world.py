"""A town hall whose messages become mail: its telephone host, phones, an operator, the relay.

The relay is a Postfix with TLS and log-ins, on a machine of its own; what it takes, it keeps in a
folder. Bricks voip and mail are placed as rendered, and started as their deploys do.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mairie.files import mail as table
from mairie.files import voip
from mairie.lab.clients import Nodes
from mairie.plan.host import HostSecrets
from mairie.render import render
from tests.lab import mail_inventory
from tests.lab.mail_inventory import RELAY
from tests.lab.voip_world import RURUTU, World

OPERATOR, MACHINE = "operator", "relay"
ADDRESS = "198.51.100.25"
"""Of the relay."""
SECRET = "Password-of-the-relay"
KEPT = "/srv/mail"
RECEIVED = f"{KEPT}/all/new"
NOW = timedelta(days=1)
T38 = "t38_udptl = yes\\nt38_udptl_ec = redundancy"
"""What an operator who carries faxes over T.38 says of each customer, for sed."""


class MailWorld(World):
    """The machines."""

    def __init__(self, nodes: Nodes, folder: Path) -> None:
        super().__init__(nodes, folder, mail_inventory.write)
        wanted = ("rurutu accueil", "rurutu maire")
        self.phones = {name: self.phones[name] for name in wanted}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all machines."""
        return (RURUTU, OPERATOR, MACHINE, *sorted({each.node for each in self.phones.values()}))

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a machine on the flat network."""
        return [f"{ADDRESS}/0"] if name == MACHINE else super().addresses(name)

    def secrets(self, server: str) -> HostSecrets:
        """Return the secrets of a host."""
        return HostSecrets(others={**super().secrets(server).others, "mail-relay": SECRET})

    def start(self) -> None:
        """Give addresses, start the relay, the operator, the server, and phones."""
        for name in self.names:
            self.give_addresses(name)
        self.relay()
        self.operator(OPERATOR)
        self.faxing()
        self.deploy(RURUTU)
        self.send_mail()
        for phone in self.phones.values():
            self.switch_on(phone)

    def quiet(self) -> bool:
        """Whether nobody is on the telephone."""
        return not any(self.channels(name) for name in (RURUTU, OPERATOR))

    # Sender ---------------------------------------------------------------------------------------

    def send_mail(self) -> None:
        """Do what deploys/mail.py does, where the relay's name and authority are known."""
        plan = self.plans[RURUTU]
        self.nodes.check(RURUTU, ["sh", "-c", f"echo {ADDRESS} {RELAY} >>/etc/hosts"])
        self.nodes.check(RURUTU, ["install", "-d", table.CONFIGURATION, "/etc/mairie"])
        for file in render(plan, self.secrets(RURUTU), "mail"):
            self.nodes.put(RURUTU, {file.path: file.text.encode()}, int(file.mode, 8))
            self.nodes.check(RURUTU, ["chown", f"{file.owner}:{file.group}", file.path])
        self.install(RURUTU, *table.packages(plan))
        self.nodes.check(RURUTU, ["systemctl", "daemon-reload"])
        self.nodes.check(
            RURUTU, ["systemctl", "enable", "--now", table.SERVICE, table.WATCH, table.ALERTS_TIMER]
        )

    def install(self, name: str, *packages: str) -> None:
        """Install packages of Debian."""
        command = f"apt-get install -qy --no-install-recommends {' '.join(packages)}"
        script = f"apt-get update -q; DEBIAN_FRONTEND=noninteractive {command}"
        self.nodes.check(name, ["sh", "-ec", script], timeout=300)

    def queue(self) -> list[str]:
        """Return what waits, a line of JSON each."""
        return self.nodes.check(RURUTU, ["postqueue", "-j"]).splitlines()

    # Relay ----------------------------------------------------------------------------------------

    def relay(self) -> None:
        """Start a relay that asks for TLS and a password, and keeps what it is given."""
        authority, certificate, key = certificates(RELAY)
        folder = "/etc/postfix"
        settings = {
            "compatibility_level": "3.9",
            "myhostname": RELAY,
            "inet_interfaces": "all",
            "inet_protocols": "ipv4",
            "mydestination": "",
            "virtual_mailbox_domains": "rurutu.example, demo.example",
            "virtual_mailbox_base": KEPT,
            "virtual_mailbox_maps": "static:all/",
            "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_cert_file": f"{folder}/certificate.pem",
            "smtpd_tls_key_file": f"{folder}/key.pem",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_local_domain": RELAY,
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
            "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject",
        }
        services = (
            "587 inet n - n - - smtpd",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "virtual unix - n n - - virtual",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "proxymap unix - - n - - proxymap",
            "anvil unix - - n - 1 anvil",
            "showq unix n - n - - showq",
            "postlog unix-dgram n - n - 1 postlogd",
        )
        files = {
            "main.cf": "".join(f"{name} = {value}\n" for name, value in settings.items()),
            "master.cf": "".join(f"{service}\n" for service in services),
            "certificate.pem": certificate,
            "key.pem": key,
            "sasl/smtpd.conf": "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n",
        }
        for name, text in files.items():
            self.nodes.put(MACHINE, {f"{folder}/{name}": text.encode()})
        self.install(MACHINE, "postfix", "libsasl2-modules", "sasl2-bin")
        script = (
            f"echo {SECRET} | saslpasswd2 -p -c -u {RELAY} rurutu; chgrp postfix /etc/sasldb2; "
            f"chmod 640 /etc/sasldb2; install -d -o nobody -g nogroup {KEPT}; "
            "systemctl restart postfix"
        )
        self.nodes.check(MACHINE, ["sh", "-ec", script])
        trusted = "/usr/local/share/ca-certificates/relay.crt"
        self.nodes.put(RURUTU, {trusted: authority.encode()})
        self.nodes.check(RURUTU, ["update-ca-certificates"])

    def received(self) -> list[EmailMessage]:
        """Return the mails that the relay has taken, the oldest first."""
        listed = self.nodes.exec(MACHINE, ["sh", "-c", f"ls -tr {RECEIVED}"]).stdout.split()
        found = []
        for name in listed:
            text = self.nodes.check(MACHINE, ["base64", f"{RECEIVED}/{name}"])
            found.append(decoded(text))
        return found

    def forget(self) -> None:
        """Throw away what the relay has taken."""
        self.nodes.check(MACHINE, ["sh", "-c", f"rm -f {RECEIVED}/*"])

    # Faxes ----------------------------------------------------------------------------------------

    def faxing(self) -> None:
        """Have the operator's Asterisk send faxes, over T.38 for Rurutu's trunk."""
        lines = {
            "res_fax.conf": "[general]\nminrate = 4800\n",
            "udptl.conf": "[general]\nudptlstart = 4000\nudptlend = 4099\n",
        }
        for name, text in lines.items():
            self.nodes.put(OPERATOR, {f"{voip.LIVE}/{name}": text.encode()})
        settings = f"{voip.LIVE}/pjsip.conf"
        self.nodes.check(
            OPERATOR,
            ["sed", "-i", f"s/^direct_media = no/&\\n{T38}/", settings],
        )
        self.nodes.check(OPERATOR, ["systemctl", "restart", voip.SERVICE])


def decoded(text: str) -> EmailMessage:
    """Return a mail that comes as base64."""
    found = BytesParser(policy=default).parsebytes(base64.b64decode(text))
    assert isinstance(found, EmailMessage)
    return found


def certificates(name: str) -> tuple[str, str, str]:
    """Return an authority, a certificate of its for a host, and that one's key, as PEM."""
    moment = datetime.now(UTC)
    own, host = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the lab")])

    def begin(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - NOW)
            .not_valid_after(moment + NOW)
        )

    authority = (
        begin(issuer, own)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(own, hashes.SHA256())
    )
    certificate = (
        begin(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), host)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(own, hashes.SHA256())
    )
    key = host.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    return (
        authority.public_bytes(pem).decode(),
        certificate.public_bytes(pem).decode(),
        key.decode(),
    )
