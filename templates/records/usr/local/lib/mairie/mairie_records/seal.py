"""One sealed extract: records, a manifest with their digest, and the manifest's signature.

The signature is OpenSSH's (``ssh-keygen -Y``), by the key that the host shows to everybody who
logs in: whoever knows that key can tell, without any software of ours, whether a byte was changed.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from mairie_records import extract
from mairie_records.chain import Chain, digest, encode
from mairie_records.days import digest_of, is_due
from mairie_records.recorder import stamp
from mairie_records.settings import Places, Settings

NAMESPACE = "mairie-requisition"
RECORDS, MANIFEST, SIGNATURE = "records.jsonl", "manifest.json", "manifest.json.sig"


class SealError(Exception):
    """No extract could be made; the text is for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A requisition."""

    wish: extract.Wish
    reference: str
    """Of the authority's document."""
    by: str
    """Who runs the command, as their machine says."""
    account: str
    """Who that is on this host."""
    now: datetime


def export(
    known: Settings,
    places: Places,
    asked: Asked,
    target: IO[bytes],
) -> None:
    """Write the sealed extract, and that it was asked for.

    Args:
        known: settings of the host.
        places: files.
        asked: what, and why.
        target: where the tar file goes.

    Raises:
        SealError: the signature could not be made.

    """
    wish, now = asked.wish, asked.now
    why = {"reference": asked.reference, "asked_by": asked.by, "account": asked.account}
    paths = _readable(places, known, wish, now)
    with tempfile.TemporaryDirectory(prefix=".extract-", dir=places.records) as folder:
        records = Path(folder) / RECORDS
        lines = _write(records, extract.select(paths.values(), wish))
        sha256, size = digest_of(records)
        manifest: dict[str, Any] = {
            "format": 1,
            "host": known.host,
            "label": known.label,
            **why,
            "made": stamp(now),
            "from": stamp(wish.since),
            "to": stamp(wish.until),
            "address": wish.address,
            "port": wish.port,
            "records": {"name": RECORDS, "sha256": sha256, "bytes": size, "lines": lines},
            "days": _days(places, paths),
            "host_key": places.host_key.with_suffix(".pub").read_text().strip(),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n"
        signature = sign(text, places.host_key, Path(folder))
        entry = {"kind": "requisition", **why, "from": manifest["from"], "to": manifest["to"]}
        entry |= {"address": wish.address, "port": wish.port, "lines": lines}
        # Before it leaves: what a broken link keeps from arriving was asked for all the same.
        Chain(places.requisitions).add(time=stamp(now), **entry, manifest_sha256=digest(text))
        with tarfile.open(fileobj=target, mode="w|") as tar:
            _member(tar, MANIFEST, len(text), io.BytesIO(text))
            _member(tar, SIGNATURE, len(signature), io.BytesIO(signature))
            with records.open("rb") as stream:
                _member(tar, RECORDS, size, stream)


def sign(text: bytes, key: Path, folder: Path) -> bytes:
    """Return OpenSSH's signature of a text.

    Raises:
        SealError: ssh-keygen refused.

    """
    path = folder / MANIFEST
    path.write_bytes(text)
    done = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", f"{key}", "-n", NAMESPACE, f"{path}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SealError(f"the extract could not be signed: {done.stderr.strip()}")
    return path.with_name(SIGNATURE).read_bytes()


def _readable(
    places: Places, known: Settings, wish: extract.Wish, now: datetime
) -> dict[str, Path]:
    """Return the days to read, without those that are due and only wait for the timer."""
    found = extract.wanted_days(places.records, wish)
    return {
        f"{day}": path for day, path in found.items() if not is_due(day, now.date(), known.periods)
    }


def _write(target: Path, lines: Iterable[extract.Line]) -> int:
    number = 0
    with target.open("wb") as stream:
        for line in lines:
            stream.write(encode(line))
            number += 1
    return number


def _days(places: Places, paths: dict[str, Path]) -> list[dict[str, str]]:
    """Return the digests under which the days that were read are known; empty: still open."""
    lines = Chain(places.days).lines()
    sealed = {line["day"]: line["sha256"] for line in lines if line["kind"] == "sealed"}
    return [{"day": day, "sha256": sealed.get(day, "")} for day in paths]


def _member(tar: tarfile.TarFile, name: str, size: int, stream: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, stream)
