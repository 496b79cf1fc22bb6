"""A small certificate authority: X.509 certificates and a list of those revoked (RFC 5280).

P-256 throughout: every supplicant knows it, and a chain fits in few EAP fragments. What begins,
begins a day ago: clocks on islands are not all right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

EARLIER = timedelta(days=1)
LONGEST_COMMON_NAME = 64
"""Upper bound of X.520; a longer name stands in the alternative names alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate, to be looked into."""
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @property
    def serial(self) -> str:
        """Its serial number, hexadecimal as openssl prints it."""
        return f"{self.parsed.serial_number:X}"

    @property
    def until(self) -> date:
        """Last whole day on which it is good."""
        return self.parsed.not_valid_after_utc.date() - timedelta(days=1)

    @property
    def fingerprint(self) -> str:
        """Its SHA-256, as devices show it."""
        return self.parsed.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def private(self) -> EllipticCurvePrivateKey:
        """The key, ready to sign with."""
        key = load_pem_private_key(self.key.encode(), password=None)
        return cast(EllipticCurvePrivateKey, key)


def new_authority(name: str, organisation: str, *, today: date, days: int) -> Issued:
    """Return a certificate that signs others, by itself."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_COMMON_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:LONGEST_COMMON_NAME]),
        ]
    )
    builder = (
        _begun(subject, subject, key.public_key(), today, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _issued(builder.sign(key, hashes.SHA256()), key)


def new_server(
    authority: Issued, name: str, *, today: date, days: int, address: str = ""
) -> Issued:
    """Return the certificate of a server with a DNS name, and an IP address if one is given."""
    purpose = ExtendedKeyUsageOID.SERVER_AUTH
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if address:
        names.append(x509.IPAddress(ip_address(address)))
    alternative = x509.SubjectAlternativeName(names)
    return _leaf(authority, name, purpose, alternative, today=today, days=days)


def new_client(authority: Issued, login: str, *, today: date, days: int) -> Issued:
    """Return the certificate of a person, whose common name is their login."""
    return _leaf(authority, login, ExtendedKeyUsageOID.CLIENT_AUTH, None, today=today, days=days)


def revocation_list(authority: Issued, revoked: Mapping[str, date], *, today: date) -> str:
    """Return the signed list of revoked serial numbers, PEM.

    It holds as long as the authority: a gateway cut off for months must go on letting people in.
    """
    signer = authority.parsed
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.subject)
        .last_update(_midnight(today) - EARLIER)
        .next_update(signer.not_valid_after_utc)
        .add_extension(x509.CRLNumber(len(revoked) + 1), critical=False)
        .add_extension(_identifier_of(authority), critical=False)
    )
    for serial, on in sorted(revoked.items()):
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(int(serial, 16))
            .revocation_date(_midnight(on) - EARLIER)
            .build()
        )
    signed = builder.sign(authority.private, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def to_pkcs12(issued: Issued, authority: str, label: str, passphrase: str) -> bytes:
    """Return what a device imports: certificate, key and authority, under a passphrase."""
    return pkcs12.serialize_key_and_certificates(
        label.encode(),
        issued.private,
        issued.parsed,
        [x509.load_pem_x509_certificate(authority.encode())],
        BestAvailableEncryption(passphrase.encode()),
    )


def _leaf(
    authority: Issued,
    name: str,
    purpose: x509.ObjectIdentifier,
    alternative: x509.SubjectAlternativeName | None,
    *,
    today: date,
    days: int,
) -> Issued:
    key = generate_private_key(SECP256R1())
    shown = [name] if len(name) <= LONGEST_COMMON_NAME else []
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text) for text in shown])
    issuer = authority.parsed
    left = (issuer.not_valid_after_utc.date() - today).days
    builder = (
        _begun(subject, issuer.subject, key.public_key(), today, min(days, left))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(_identifier_of(authority), critical=False)
    )
    if alternative is not None:
        builder = builder.add_extension(alternative, critical=not shown)
    return _issued(builder.sign(authority.private, hashes.SHA256()), key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePublicKey, today: date, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_midnight(today) - EARLIER)
        .not_valid_after(_midnight(today) + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier_of(authority: Issued) -> x509.AuthorityKeyIdentifier:
    own = authority.parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _issued(certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> Issued:
    return Issued(
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
