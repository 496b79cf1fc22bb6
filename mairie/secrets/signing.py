"""The OpenPGP key with which a syndicate signs its packages; its certificate is in clear.

It is in the file of the first hub, but goes to no host: packages are signed where they are
published from. OpenPGP v4 with Ed25519 (RFC 9580), without a last day: who holds the key decides
when another comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pysequoia

from mairie.model.territory import Territory
from mairie.secrets import files
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity
from mairie.secrets.vault import Vault


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Both halves, armoured."""

    private: str = field(repr=False)
    certificate: str


@dataclass(frozen=True, slots=True)
class Signing:
    """The key of one territory; methods may raise SecretsError."""

    vault: Vault

    @property
    def owner(self) -> str:
        """The hub whose file holds the key: the first."""
        return next(iter(self.vault.territory.syndicate.hubs))

    def generate(self, identity: Callable[[], Identity]) -> tuple[str, ...]:
        """Make the key when a commune needs packages and there is none.

        Args:
            identity: called only when the hub's file must be opened.

        Returns:
            What was done, a line each.

        """
        territory = self.vault.territory
        if not needed(territory) or files.load_package_certificate(self.vault.folder):
            return ()
        private = self.vault.open(self.owner, identity()).signing
        if private:
            # The certificate was lost, not the key.
            files.save_package_certificate(self.vault.folder, certificate_of(private))
            return (f"wrote   {territory.name}: certificate of the packages",)
        self._make(identity())
        return (f"made    {territory.name}: key of the packages",)

    def rotate(self, identity: Identity) -> None:
        """Make another key; what the old one signed is refused once hosts are deployed."""
        if not needed(self.vault.territory):
            raise SecretsError(
                f"no commune of {self.vault.territory.name} has telephones, so no host needs "
                "packages of the hub"
            )
        self._make(identity)

    def private(self, identity: Identity) -> str:
        """Return the armoured private key."""
        private = self.vault.open(self.owner, identity).signing
        if not private:
            raise SecretsError(
                f"{files.age_file(self.vault.folder, self.owner)} holds no key of the packages; "
                'make it with "mairie secrets generate"'
            )
        if certificate_of(private) != files.load_package_certificate(self.vault.folder):
            raise SecretsError(
                f"{files.package_certificate_file(self.vault.folder)} is not of the key in "
                f"{files.age_file(self.vault.folder, self.owner)}; take both from one commit"
            )
        return private

    def _make(self, identity: Identity) -> None:
        key = new_signing_key(self.vault.territory.syndicate.name)
        content = replace(self.vault.open(self.owner, identity), signing=key.private)
        # The certificate after the key: nobody may trust what nobody holds.
        self.vault.write(self.owner, content)
        files.save_package_certificate(self.vault.folder, key.certificate)


def needed(territory: Territory) -> bool:
    """Whether some host needs a package that Debian does not have."""
    return any(commune.has_telephony for commune in territory.communes.values())


def new_signing_key(name: str) -> SigningKey:
    """Return a fresh key; ``name`` says whose it is."""
    private = str(
        pysequoia.Tsk.generate(
            f"{name} (mairie packages)",
            profile=pysequoia.Profile.RFC4880,
            cipher_suite=pysequoia.CipherSuite.Cv25519,
        )
    )
    return SigningKey(private, certificate_of(private))


def certificate_of(private: str) -> str:
    """Return the armoured certificate of an armoured private key."""
    return str(pysequoia.Tsk.from_bytes(private.encode()).extract_certificate())
