"""Deterministic compressed archives: the same files always give the same digest."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Self


@dataclass(frozen=True)
class Archive:
    """A tar file, compressed with xz when somebody asks for it.

    Compressing takes most of a second of processor time, and a host that has the archive already
    knows it by its digest.
    """

    digest: str
    """SHA-256 of the tar file itself, in hexadecimal: it does not depend on the version of the
    compressor, so two machines agree on it."""
    compress: Callable[[], bytes] = field(compare=False, repr=False)

    @classmethod
    def of(cls, digest: str, data: bytes) -> Self:
        """Return one that is compressed already."""
        return cls(digest, lambda: data)

    @cached_property
    def data(self) -> bytes:
        """The compressed file."""
        return self.compress()


def pack(files: Mapping[str, bytes], *, executable: frozenset[str] = frozenset()) -> Archive:
    """Pack files given by relative POSIX path, sorted, dated 1970, owned by root.

    Args:
        files: contents by path.
        executable: paths that get mode 0700 instead of 0600.

    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o700 if name in executable else 0o600
            entry.uname = entry.gname = "root"
            tar.addfile(entry, io.BytesIO(files[name]))
    content = raw.getvalue()
    return Archive(hashlib.sha256(content).hexdigest(), partial(_compress, content))


def _compress(content: bytes) -> bytes:
    return lzma.compress(content, format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME)


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by path.

    Raises:
        ValueError: the data is not such an archive.

    """
    try:
        content = lzma.decompress(data)
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            found = {}
            for entry in tar:
                body = tar.extractfile(entry)
                if body is not None:
                    found[entry.name] = body.read()
    except (lzma.LZMAError, tarfile.TarError, EOFError) as error:
        raise ValueError(f"not an archive made by mairie: {error}") from error
    return found


def digest_of(data: bytes) -> str:
    """Return the digest of a packed archive.

    Raises:
        ValueError: the data is not compressed with xz.

    """
    try:
        return hashlib.sha256(lzma.decompress(data)).hexdigest()
    except lzma.LZMAError as error:
        raise ValueError(f"not an archive made by mairie: {error}") from error
