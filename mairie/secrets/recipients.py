"""Who may open the secrets: age and SSH public keys of the syndicate and its technicians."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyrage

from mairie.model.syndicate import Syndicate
from mairie.secrets.errors import DemoIdentityError, SecretsError

DEMO_RECIPIENTS = frozenset(
    {
        "age1agegfw80jjwd2m4wtflvafuqhhq96cz5rk4vs5vrvrzv2dwcrymqhwvjt7",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICBpp43SULBE9olMKnGMDiv/fJ+HSWB6ETkaBSww9fc7",
    }
)
"""Public halves of what inventories/demo/identity/ publishes: everybody has the private ones."""
DEMO_WIREGUARD = "igmwkdpbq9RI8Ux30TmAigLHRKVm/WcewaD3viOxWE8="
"""Public half of ``hina-wireguard.key``, published there too."""

AgeRecipient: TypeAlias = Any
"""pyrage's x25519.Recipient or ssh.Recipient; the library has no types."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One public key and whose it is."""

    owner: str
    """``syndicate``, or the technician's name."""
    key: str
    """``age1…``, or an SSH public key without its comment."""

    def __str__(self) -> str:
        """Return what a message shows: enough of the key to recognise it."""
        return f"{short(self.key)} ({self.owner})"


def normalise(key: str) -> str:
    """Return a key without comment and outer blanks, so that equal keys compare equal."""
    parts = key.split()
    return " ".join(parts[:2]) if parts and parts[0].startswith("ssh-") else "".join(parts[:1])


def short(key: str) -> str:
    """Return the kind and the end of a key, which is what differs between keys."""
    kind, _, rest = key.partition(" ")
    return f"{kind} …{rest[-12:]}" if rest else f"{key[:8]}…{key[-8:]}"


def of(syndicate: Syndicate) -> tuple[Recipient, ...]:
    """Return every recipient of a territory once, the syndicate's own first."""
    found: dict[str, Recipient] = {}
    named = [("syndicate", key) for key in syndicate.recipients]
    named += [(name, key) for name, who in syndicate.technicians.items() for key in who.recipients]
    for owner, key in named:
        found.setdefault(normalise(key), Recipient(owner, normalise(key)))
    return tuple(found.values())


def parse(key: str, owner: str) -> AgeRecipient:
    """Return the recipient that age encrypts to.

    Raises:
        SecretsError: not a key that age knows.

    """
    try:
        if key.startswith("age1"):
            return pyrage.x25519.Recipient.from_str(key)
        return pyrage.ssh.Recipient.from_str(key)
    except (pyrage.RecipientError, UnicodeError):
        raise SecretsError(
            f'recipient "{short(key)}" of {owner} is not a key that can protect secrets; write an '
            "age recipient (age1…), an ssh-ed25519 or an ssh-rsa public key (keys held in a "
            "security token, sk-…, and ECDSA keys cannot decrypt: see docs/secrets.md)"
        ) from None


def check(recipients: Sequence[Recipient], *, demo: bool, territory: str) -> list[AgeRecipient]:
    """Return the parsed recipients of a territory.

    Raises:
        SecretsError: none at all, or one that age does not know.
        DemoIdentityError: one of the demo's in a territory that is not marked ``demo: true``.

    """
    if not recipients:
        raise SecretsError(
            f"{territory} has no recipient, so nobody could open its secrets; add age or SSH "
            'public keys under "recipients" in syndicate.yaml, or under a technician'
        )
    if not demo:
        refuse_demo((recipient.key for recipient in recipients), territory)
    return [parse(recipient.key, recipient.owner) for recipient in recipients]


def refuse_demo(keys: Iterable[str], territory: str) -> None:
    """Raise DemoIdentityError when one of the keys is the demo's."""
    for key in keys:
        if normalise(key) in DEMO_RECIPIENTS:
            raise DemoIdentityError(
                f"{short(key)} is the demo's: its private key is published with mairie and "
                f"protects nothing; {territory} is not marked as a demo, so take an identity of "
                "your own (age-keygen, or an SSH key), or mark the inventory demo: true"
            )


def published_access(syndicate: Syndicate) -> Iterator[str]:
    """Yield a sentence for each technician of a real territory whose access everybody has."""
    if syndicate.demo:
        return
    for name, person in syndicate.technicians.items():
        keys = {normalise(key) for key in person.ssh_keys}
        if keys & DEMO_RECIPIENTS or person.wireguard == DEMO_WIREGUARD:
            yield (
                f"technicians.{name} has a key of the demo, whose private half is published with "
                "mairie: anybody could log in; give a key of their own"
            )
