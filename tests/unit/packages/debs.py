"""Small Debian packages, made without dpkg-deb."""

from __future__ import annotations

import io
import tarfile
from typing import Literal

EPOCH = 1_782_345_600
Compression = Literal["", "gz", "xz"]
_MODES: dict[Compression, Literal["w:", "w:gz", "w:xz"]] = {"": "w:", "gz": "w:gz", "xz": "w:xz"}


def _tar(files: dict[str, bytes], compression: Compression) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=_MODES[compression]) as made:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), EPOCH, 0o644
            made.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def member(name: str, content: bytes, made: int = EPOCH) -> bytes:
    header = f"{name:<16}{made:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


def control(name: str = "bell", version: str = "1.0", more: str = "") -> str:
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        f"Maintainer: Essai <essai@essai.example>\n{more}"
        "Description: rings\n once and\n .\n no more\n"
    )


def deb(
    text: str | None = None,
    *,
    compression: Compression = "xz",
    files: dict[str, bytes] | None = None,
    made: int = EPOCH,
) -> bytes:
    control_file = {"./control": (control() if text is None else text).encode()}
    content = {"./usr/share/bell": b"dring\n"} if files is None else files
    suffix = f".{compression}" if compression else ""
    return (
        b"!<arch>\n"
        + member("debian-binary", b"2.0\n", made)
        + member(f"control.tar{suffix}", _tar(control_file, compression), made)
        + member(f"data.tar{suffix}", _tar(content, compression), made)
    )
