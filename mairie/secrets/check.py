"""What is wrong with the secrets of a territory, all of it at once, for ``mairie check``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mairie.model.territory import PublicKeys
from mairie.secrets import files, owners, recipients, signing
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity
from mairie.secrets.payload import Payload
from mairie.secrets.telephony_names import left_over, missing
from mairie.secrets.vault import Vault
from mairie.secrets.wifi_record import WARN_DAYS, WifiRecord, wanted

_TOGETHER = "take the .age file and public.yaml from one commit"

AUTHORITY_WARNING = timedelta(days=365)
"""Every device has to be visited: that takes time."""
_GENERATE = 'make it with "mairie secrets generate"'


def problems(vault: Vault, identity: Identity | None) -> tuple[tuple[Path, str], ...]:
    """Return each problem as the file to look at and a sentence.

    Without an identity: missing files, missing public keys, recipients that age does not know or
    that are the demo's, log-in keys that are. With one, also files that it does not open, and
    public keys that are not those of the private ones.
    """
    found: list[tuple[Path, str]] = []
    territory = vault.territory
    syndicate = territory.syndicate
    public_file = files.secrets_folder(vault.folder) / "public.yaml"
    public: Mapping[str, PublicKeys] = {}
    try:
        recipients.check(recipients.of(syndicate), demo=syndicate.demo, territory=territory.name)
    except SecretsError as error:
        found.append((vault.folder / "syndicate.yaml", str(error)))
    found += [
        (vault.folder / "syndicate.yaml", sentence)
        for sentence in recipients.published_access(syndicate)
    ]
    try:
        public = files.load_public_keys(vault.folder)
    except SecretsError as error:
        return (*found, (public_file, str(error)))
    try:
        others = files.load_others(vault.folder)
    except SecretsError as error:
        return (*found, (files.secrets_folder(vault.folder) / "others.yaml", str(error)))
    for owner in owners.owners(territory):
        path = files.age_file(vault.folder, owner)
        content: Payload | None = None
        try:
            if identity is None:
                files.read_bytes(path, owner)
            else:
                content = vault.open(owner, identity)
        except SecretsError as error:
            found.append((path, str(error)))
            continue
        for host in owners.tunnel_hosts(territory, owner):
            sentence = _compare(host, public.get(host), content)
            if sentence:
                found.append((public_file, sentence))
        for host, names in owners.other_secrets(territory, owner).items():
            held = others.get(host, ()) if content is None else _held(content, host)
            missing = [name for name in names if name not in held]
            if missing:
                found.append((path, f"{host} has no {' and no '.join(missing)}; {_GENERATE}"))
    return (
        *found,
        *_wifi(vault, identity),
        *_telephony(vault, identity),
        *_packages(vault, identity),
    )


def _wifi(vault: Vault, identity: Identity | None) -> Iterator[tuple[Path, str]]:
    """Yield what is missing, left over or about to end among the secrets of the Wi-Fi.

    With an identity, as the encrypted files have it; without, as wifi.yaml says.
    """
    try:
        records = files.load_wifi(vault.folder)
    except SecretsError as error:
        yield files.secrets_folder(vault.folder) / "wifi.yaml", str(error)
        return
    today = datetime.now(UTC).date()
    for commune in vault.territory.communes:
        path = files.age_file(vault.folder, commune)
        want = wanted(vault.territory, commune)
        record = records.get(commune, WifiRecord())
        if identity is not None:
            try:
                record = vault.open(commune, identity).wifi.record
            except SecretsError:
                continue  # said already
        for lacking in record.missing(want):
            yield path, f"holds {lacking}; {_GENERATE}"
        for what in record.left_over(want):
            yield path, f'still holds {what}; take it away with "mairie secrets generate"'
        for what, until in record.ending(today, WARN_DAYS):
            yield path, f'{what} ends on {until}; renew it with "mairie secrets generate"'
        if record.authority is not None and record.authority - today < AUTHORITY_WARNING:
            again = f'begin another with "mairie secrets rotate {commune} --authority"'
            yield path, f"its certificate authority ends on {record.authority}; {again}"


def _telephony(vault: Vault, identity: Identity | None) -> Iterator[tuple[Path, str]]:
    """Yield what is missing or left over among the secrets of telephone systems."""
    try:
        records = files.load_telephony(vault.folder)
    except SecretsError as error:
        yield files.secrets_folder(vault.folder) / "telephony.yaml", str(error)
        return
    for stem, commune in vault.territory.communes.items():
        path = files.age_file(vault.folder, stem)
        held: Collection[str] = records.get(stem, ())
        if identity is not None and (commune.has_telephony or held):
            try:
                held = vault.open(stem, identity).telephony
            except SecretsError:
                continue  # said already
        for lacking in missing(stem, commune, held):
            yield path, f"holds {lacking}"
        for what in left_over(commune, held):
            yield path, f'still holds {what}; take it away with "mairie secrets generate"'


def _held(content: Payload, host: str) -> Collection[str]:
    entry = content.hosts.get(host)
    return entry.others if entry is not None else ()


def _compare(host: str, public: PublicKeys | None, content: Payload | None) -> str:
    """Return what is wrong between the two halves of a host's keys; empty when nothing is."""
    if public is None:
        return f'{host} has no public key; make it with "mairie secrets generate"'
    if content is None:
        return ""
    entry = content.hosts.get(host)
    if entry is None or not entry.wireguard_private_key:
        return f"{host} has a public key and no private one; {_TOGETHER}"
    if entry.public_keys != public:
        return (
            f"the public key of {host} is not that of its private key, as happens when only one "
            f"of the two files was taken from version control; {_TOGETHER}"
        )
    return ""


def _packages(vault: Vault, identity: Identity | None) -> Iterator[tuple[Path, str]]:
    """Yield what is missing of the key that signs packages, where some host needs one."""
    if not signing.needed(vault.territory):
        return
    path = files.package_certificate_file(vault.folder)
    try:
        if not files.load_package_certificate(vault.folder):
            yield path, f"is missing: hosts cannot trust packages of the hub; {_GENERATE}"
        elif identity is not None:
            signing.Signing(vault).private(identity)
    except SecretsError as error:
        yield path, str(error)
