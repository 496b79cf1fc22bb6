"""Who opens the secrets: the private age or SSH keys of the person who runs the command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyrage
from cryptography.hazmat.primitives import serialization

from mairie.secrets.errors import IdentityMissingError, SecretsError
from mairie.secrets.recipients import normalise, refuse_demo, short

AgeIdentity: TypeAlias = Any
"""pyrage's x25519.Identity or ssh.Identity; the library has no types."""
AskPassphrase = Callable[[str], str]
"""Given what is asked for, returns the passphrase a person typed."""

_DEMO_FILE = Path("identity") / "demo-identity.txt"


@dataclass(frozen=True, slots=True)
class Key:
    """One private key, with the public half under which files are encrypted to it."""

    public: str
    source: str
    """Where it was found, for messages."""
    private: AgeIdentity = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """All private keys that may be tried."""

    keys: tuple[Key, ...]

    def refuse_demo(self, *, demo: bool, territory: str) -> None:
        """Raise DemoIdentityError when a key of the demo meets a territory that is none."""
        if not demo:
            refuse_demo((key.public for key in self.keys), territory)

    def __str__(self) -> str:
        """Return the public halves and their sources, for messages."""
        return ", ".join(f"{short(key.public)} from {key.source}" for key in self.keys)


def find_identity(
    folder: Path,
    *,
    demo: bool,
    option: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    ask: AskPassphrase | None = None,
) -> Identity:
    """Return the identity to use with the inventory in ``folder``.

    The first of: ``option``; ``MAIRIE_IDENTITY``, a path; ``MAIRIE_AGE_KEY``, the key itself, as
    CI systems hand secrets out; ``identity`` in the user's configuration folder together with,
    for a demo territory, the demo's own.

    Raises:
        IdentityMissingError: none found.
        SecretsError: unreadable, or not a key that age knows.

    """
    named = option or (Path(environ["MAIRIE_IDENTITY"]) if environ.get("MAIRIE_IDENTITY") else None)
    if named is not None:
        return read_identity(named, ask=ask)
    if environ.get("MAIRIE_AGE_KEY"):
        return parse_identity(environ["MAIRIE_AGE_KEY"].encode(), "MAIRIE_AGE_KEY", ask=ask)
    usual = _config_file(environ)
    files = [usual] if usual.is_file() else []
    if demo:
        files += [path for path in demo_files(folder) if path.is_file()][:1]
    if not files:
        raise IdentityMissingError(
            "no identity to open the secrets with; give --identity FILE, set MAIRIE_IDENTITY to "
            f"its path or MAIRIE_AGE_KEY to the key itself, or keep it in {usual}"
        )
    return Identity(tuple(key for path in files for key in read_identity(path, ask=ask).keys))


def demo_files(folder: Path) -> Iterator[Path]:
    """Yield where the demo identity may be: in the inventory, or in its neighbour ``demo``."""
    yield folder / _DEMO_FILE
    yield folder.resolve().parent / "demo" / _DEMO_FILE


def read_identity(path: Path, *, ask: AskPassphrase | None = None) -> Identity:
    """Read a file of age identities, or an OpenSSH private key.

    Raises:
        SecretsError: unreadable, or not a key that age knows.

    """
    try:
        content = path.expanduser().read_bytes()
    except OSError as error:
        raise SecretsError(
            f"identity {path} cannot be read: {(error.strerror or 'unknown error').lower()}"
        ) from None
    return parse_identity(content, str(path), ask=ask)


def parse_identity(content: bytes, source: str, *, ask: AskPassphrase | None = None) -> Identity:
    """Return the keys in the text of an identity file.

    Raises:
        SecretsError: no key in it that age knows, or its passphrase is not the right one.

    """
    if content.lstrip().startswith(b"-----BEGIN"):
        return Identity((_ssh_key(content, source, ask),))
    if content.startswith(b"age-encryption.org/"):
        raise SecretsError(
            f"identity {source} is itself encrypted; decrypt it where it is safe (age -d) and "
            "hand it over in MAIRIE_AGE_KEY"
        )
    lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines()]
    keys = [_age_key(line, source) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise SecretsError(f"identity {source} holds no key; make one with age-keygen")
    return Identity(tuple(keys))


def _age_key(line: str, source: str) -> Key:
    try:
        private = pyrage.x25519.Identity.from_str(line)
    except pyrage.IdentityError:
        raise SecretsError(
            f"identity {source} is not one that mairie knows; it takes age identities "
            "(AGE-SECRET-KEY-1…, one a line) or an OpenSSH private key, ssh-ed25519 or ssh-rsa"
        ) from None
    return Key(str(private.to_public()), source, private)


def _ssh_key(content: bytes, source: str, ask: AskPassphrase | None) -> Key:
    """Load an OpenSSH private key; a passphrase is asked for and the key opened in memory only."""
    damaged = SecretsError(f"identity {source} is not a usable SSH private key")
    try:
        private = serialization.load_ssh_private_key(content, None)
    except TypeError:
        if ask is None:
            raise SecretsError(
                f"identity {source} is protected by a passphrase and there is no terminal to ask "
                "for it; use an age identity here"
            ) from None
        try:
            passphrase = ask(f"Passphrase of {source}").encode()
            private = serialization.load_ssh_private_key(content, passphrase)
        except ValueError:
            raise SecretsError(f"the passphrase does not open identity {source}") from None
        content = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    except ValueError:
        raise damaged from None
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    try:
        return Key(
            normalise(public.decode("ascii")), source, pyrage.ssh.Identity.from_buffer(content)
        )
    except pyrage.IdentityError:
        raise damaged from None


def _config_file(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "mairie" / "identity"
