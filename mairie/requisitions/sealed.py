"""A sealed extract: what is in it, and whether it is what the host signed.

``manifest.json`` says what was asked for and the digest of ``records.jsonl``; ``manifest.json.sig``
is its OpenSSH signature by the key that the host shows to whoever logs in.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mairie.errors import EXIT_NOT_CONFORMING, MairieError
from mairie.secrets import age
from mairie.secrets.identity import Identity

NAMESPACE = "mairie-requisition"
RECORDS, MANIFEST, SIGNATURE = "records.jsonl", "manifest.json", "manifest.json.sig"
PROMISED = {"host", "host_key", "from", "to", "reference", "records"}
"""What is read of a manifest."""
_HOST = "host"


class NotIntactError(MairieError):
    """The file is not what the host signed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=EXIT_NOT_CONFORMING)


@dataclass(frozen=True, slots=True)
class Extract:
    """The three files of one extract, as they were found."""

    text: bytes
    """Of the manifest, which is what is signed."""
    signature: bytes
    records: bytes

    @property
    def manifest(self) -> dict[str, Any]:
        """What the host says about it; not to be believed before ``verify``."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def opened(data: bytes, identity: Identity, name: str) -> bytes:
    """Return what was encrypted.

    Raises:
        MairieError: the identity does not open it.
        NotIntactError: it was changed or cut.

    """
    try:
        return age.decrypted(data, identity)
    except age.NotForIdentityError:
        raise MairieError(f"{identity} does not open {name}; take another --identity") from None
    except age.DamagedError:
        raise NotIntactError(f"{name} was changed or cut after it was encrypted") from None


def read(data: bytes, name: str) -> Extract:
    """Return the files of an extract.

    Raises:
        NotIntactError: it is no extract, a part is missing, or there is more than was signed.

    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if member.name not in (MANIFEST, SIGNATURE, RECORDS) or content is None:
                    raise NotIntactError(f"{name} holds more than was signed: {member.name}")
                if member.name in found:
                    raise NotIntactError(f"{name} holds {member.name} twice")
                found[member.name] = content.read()
    except tarfile.TarError:
        raise NotIntactError(f"{name} is no extract of mairie, or was cut") from None
    missing = [part for part in (MANIFEST, SIGNATURE, RECORDS) if part not in found]
    if missing:
        raise NotIntactError(f"{name} lacks {', '.join(missing)}: it is no extract, or was cut")
    if not _is_manifest(found[MANIFEST]):
        raise NotIntactError(f"{name}: its manifest cannot be read; it was changed")
    return Extract(found[MANIFEST], found[SIGNATURE], found[RECORDS])


def _is_manifest(text: bytes) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    if not isinstance(found, dict) or not isinstance(found.get("records"), dict):
        return False
    return found.keys() >= PROMISED and found["records"].keys() >= {"sha256", "lines"}


def verify(extract: Extract, key: str, name: str) -> None:
    """Make sure that an extract is what the holder of a key signed.

    Args:
        extract: to look at.
        key: public key of the host, ``ssh-ed25519 AAAA…``.
        name: of the file, for the sentence.

    Raises:
        NotIntactError: it is not.

    """
    if not _signed(extract, key):
        raise NotIntactError(
            f"{name}: the manifest is not what the host signed: it was changed, or another machine "
            "signed it"
        )
    promised = extract.manifest["records"]
    if hashlib.sha256(extract.records).hexdigest() != promised["sha256"]:
        raise NotIntactError(f"{name}: the records were changed after the host signed them")


def _signed(extract: Extract, key: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        signers, signature = Path(folder) / "signers", Path(folder) / "signature"
        signers.write_text(f'{_HOST} namespaces="{NAMESPACE}" {key}\n')
        signature.write_bytes(extract.signature)
        done = subprocess.run(
            [
                *("ssh-keygen", "-q", "-Y", "verify", "-n", NAMESPACE, "-I", _HOST),
                *("-f", f"{signers}", "-s", f"{signature}"),
            ],
            input=extract.text,
            capture_output=True,
            check=False,
        )
    return done.returncode == 0


def key_of(host: str, known_hosts: str) -> str | None:
    """Return the ed25519 key recorded for a host, or None."""
    for line in known_hosts.splitlines():
        name, _, key = line.partition(" ")
        if name == host and key.startswith("ssh-ed25519 "):
            return " ".join(key.split()[:2])
    return None
