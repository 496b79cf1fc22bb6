"""A signed APT repository from .deb files: flat, in memory, the same bytes for the same packages.

Fields of ``Packages`` are those of each package's own control file; formats: deb(5), deb-control(5)
and https://wiki.debian.org/DebianRepository/Format. Only the signature differs each time: it holds
the moment at which it was made.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pysequoia

from mairie.errors import MairieError

ORIGIN = "mairie"
"""Who offers the packages, as apt's pins and unattended upgrades name it."""
INDEX = "Packages"
SIGNED = "InRelease"
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60
_COMPRESSIONS = ("", ".gz", ".xz")
"""Of the control archive: what dpkg-deb writes and Python reads by itself."""
_FIELD = re.compile(r"^([!-9;-~]+):[ \t]*(.*)$")
_FILE_NAME = re.compile(r"[a-z0-9][a-zA-Z0-9.+~_-]*\.deb")
_OURS = frozenset({"Filename", "Size", "SHA256"})
"""Fields that the index adds: a package that brings its own would describe another file."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a .deb file says of itself."""

    control: str
    """Its control file, without empty lines."""
    fields: Mapping[str, str]
    """First line of each field."""
    made: int
    """When it was made, in seconds since 1970."""


def repository(packages: Mapping[str, bytes], key: str) -> dict[str, bytes]:
    """Return the files of a repository, by name: ``InRelease``, ``Packages``, the packages.

    Args:
        packages: .deb files by name.
        key: armoured OpenPGP private key that signs.

    Raises:
        MairieError: a file is no package, or the key cannot sign.

    """
    read = {name: package(name, content) for name, content in sorted(packages.items())}
    if not read:
        raise MairieError("a repository needs a package; none was given")
    _refuse_twins(read)
    index = "\n".join(
        f"{each.control}\n"
        f"Filename: ./{name}\n"
        f"Size: {len(packages[name])}\n"
        f"SHA256: {hashlib.sha256(packages[name]).hexdigest()}\n"
        for name, each in read.items()
    ).encode()
    text = release(
        index,
        sorted({each.fields["Architecture"] for each in read.values()} - {"all"}),
        max(each.made for each in read.values()),
    )
    return {SIGNED: signed(text, key), INDEX: index, **dict(sorted(packages.items()))}


def release(index: bytes, architectures: list[str], made: int) -> bytes:
    """Return the text of ``Release``.

    It names no last day: a hub that nobody publishes to for a year still serves.

    Args:
        index: the file ``Packages``.
        architectures: of the packages.
        made: its date, in seconds since 1970.

    """
    date = datetime.fromtimestamp(made, UTC)
    return (
        f"Origin: {ORIGIN}\n"
        f"Label: {ORIGIN}\n"
        f"Date: {date:%a, %d %b %Y %H:%M:%S} UTC\n"
        f"Architectures: {' '.join(architectures or ['all'])}\n"
        "SHA256:\n"
        f" {hashlib.sha256(index).hexdigest()} {len(index)} {INDEX}\n"
    ).encode()


def signed(text: bytes, key: str) -> bytes:
    """Return a text with its signature in the clear (RFC 9580 section 7).

    Raises:
        MairieError: the key cannot sign.

    """
    try:
        signer = pysequoia.Tsk.from_bytes(key.encode()).signer()
        done: bytes = pysequoia.sign(signer, text, mode=pysequoia.SignatureMode.CLEAR)
    except Exception as error:  # the library raises nothing narrower
        raise MairieError(f"the key of the packages cannot sign: {_first_line(error)}") from None
    return done


def package(name: str, content: bytes) -> Package:
    """Read a .deb file.

    Raises:
        MairieError: it is none, or not as a repository needs it.

    """
    if not _FILE_NAME.fullmatch(name):
        raise MairieError(f'"{name}" is no name of a package\'s file; write <name>_<version>.deb')
    try:
        members = dict(_members(content))
        version, made = members["debian-binary"]
        if not version.startswith(b"2."):
            raise MairieError(f"{name} has version {version[:8]!r} of the format; 2.0 is read")
        suffix = next(each for each in _COMPRESSIONS if f"control.tar{each}" in members)
        control = _control(members[f"control.tar{suffix}"][0])
    except (KeyError, ValueError, StopIteration, tarfile.TarError, EOFError, OSError) as error:
        raise MairieError(
            f"{name} is no Debian package that can be read ({_first_line(error)}); make it anew, "
            "with dpkg-deb -Zxz"
        ) from None
    lines = [line.rstrip() for line in control.splitlines() if line.strip()]
    fields = {found[1]: found[2] for line in lines if (found := _FIELD.match(line))}
    for needed in ("Package", "Version", "Architecture"):
        if not fields.get(needed):
            raise MairieError(f"{name}: its control file has no {needed}")
    if own := sorted(_OURS & fields.keys()):
        raise MairieError(f"{name}: its control file has {own[0]}, which only an index has")
    return Package("\n".join(lines), fields, made)


def _refuse_twins(read: Mapping[str, Package]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for name, each in read.items():
        same = tuple(each.fields[field] for field in ("Package", "Version", "Architecture"))
        if same in seen:
            raise MairieError(f"{seen[same]} and {name} are both {' '.join(same)}; leave one")
        seen[same] = name


def _members(content: bytes) -> Iterator[tuple[str, tuple[bytes, int]]]:
    """Yield name, content and time of each member of an ar archive (deb(5))."""
    if not content.startswith(_AR_MAGIC):
        raise ValueError("it is no ar archive")
    at = len(_AR_MAGIC)
    while at < len(content):
        header = content[at : at + _AR_HEADER]
        if len(header) < _AR_HEADER or not header.endswith(b"`\n"):
            raise ValueError("an ar header is damaged")
        size = int(header[48:58])
        at += _AR_HEADER
        if size < 0 or at + size > len(content):
            raise ValueError("its end is missing")
        name = header[:16].decode("ascii").rstrip().removesuffix("/")
        yield name, (content[at : at + size], int(header[16:28]))
        at += size + size % 2


def _control(archive: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for name in ("./control", "control"):
            if name in opened.getnames():
                found = opened.extractfile(name)
                if found is not None:
                    return found.read().decode("utf-8")
    raise ValueError("it has no control file")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
