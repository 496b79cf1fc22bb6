"""Secrets of telephone systems: passwords of phones, codes of voicemails, passwords of trunks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mairie.model.commune import Commune
from mairie.plan.context import Shared
from mairie.plan.telephone_host import own_address, telephone_host
from mairie.secrets import files, owners
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity
from mairie.secrets.passwords import new_password
from mairie.secrets.phone_certificates import NAMES, new_certificate
from mairie.secrets.telephony_names import VOICEMAIL, given, made, spoken
from mairie.secrets.vault import Vault

PIN_DIGITS = 6
LONGEST = 128
"""Characters of an operator's password."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Secrets of the telephone systems of one territory; methods may raise SecretsError."""

    vault: Vault

    def generate(
        self, identity: Callable[[], Identity], only: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """Make what is missing, forget what is no longer there.

        Args:
            identity: called only when a file must be opened.
            only: names of communes and hubs; None for all.

        Returns:
            What was done, a line each.

        """
        records = files.load_telephony(self.vault.folder)
        done: list[str] = []
        for stem, commune in self.vault.territory.communes.items():
            if only is not None and stem not in only:
                continue
            held, allowed = set(records.get(stem, ())), {*made(commune), *given(commune)}
            # What an operator gives cannot be made: its absence is said when it is needed.
            if held <= allowed and held >= {*made(commune)}:
                continue
            old = self.vault.open(stem, identity()).telephony
            kept = {name: value for name, value in old.items() if name in allowed}
            lacking = [name for name in made(commune) if name not in kept]
            fresh = {name: new_secret(name) for name in lacking if name not in NAMES}
            if any(name in NAMES for name in lacking):  # one is no good without the others
                fresh |= self._certificate(stem, commune)
            self._write(stem, {**kept, **fresh}, identity())
            done += [f"made    {stem}: {spoken(name)}" for name in sorted(fresh)]
            done += [f"forgot  {stem}: {spoken(name)}" for name in sorted(set(old) - allowed)]
        return tuple(done)

    def put(self, commune: str, name: str, value: str, identity: Identity) -> None:
        """Keep the password that an operator gave for a trunk, or that of the mail relay.

        Args:
            commune: stem of its file.
            name: ``trunk-<name>`` or ``mail-relay``.
            value: the password.
            identity: opens the commune's file.

        """
        known = given(self._commune(commune))
        if name not in known:
            what = f"password given to {commune}, written trunk-<name> or mail-relay, named"
            raise owners.unknown(what, name, known, self.vault.territory)
        if not value or not value.isprintable() or len(value) > LONGEST:
            raise SecretsError(
                f"a password has 1 to {LONGEST} characters that can be printed; nothing was changed"
            )
        old = self.vault.open(commune, identity).telephony
        self._write(commune, {**old, name: value}, identity)

    def rotate(self, commune: str, phone: str, identity: Identity) -> tuple[str, ...]:
        """Give a phone another password, and its voicemail another code; return what changed."""
        phones = self._commune(commune).phones
        if phone not in phones:
            raise owners.unknown(f"phone of {commune}", phone, phones, self.vault.territory)
        every = made(self._commune(commune))
        names = [name for name in every if name.partition("-")[2] == phone]
        old = self.vault.open(commune, identity).telephony
        self._write(commune, {**old, **{name: new_secret(name) for name in names}}, identity)
        return tuple(spoken(name) for name in names)

    def code_of(self, commune: str, phone: str, identity: Identity) -> str:
        """Return the code with which a phone's voicemail begins; its person may have another.

        Raises:
            SecretsError: there is no such phone, it has no voicemail, or its code is to be made.

        """
        phones = self._commune(commune).phones
        if phone not in phones:
            raise owners.unknown(f"phone of {commune}", phone, phones, self.vault.territory)
        if not phones[phone].voicemail:
            raise SecretsError(f"{phone} has no voicemail; write voicemail: true in its line")
        held = self.vault.open(commune, identity).telephony
        if (name := f"{VOICEMAIL}{phone}") not in held:
            raise SecretsError(f"{phone} has no code yet; make it: mairie secrets generate")
        return held[name]

    def _certificate(self, stem: str, commune: Commune) -> dict[str, str]:
        place = telephone_host(Shared.of(self.vault.territory), stem)
        if place is None:
            return {}
        return new_certificate(
            commune.name,
            self.vault.territory.syndicate.name,
            f"{place.stem}.{place.site_domain}",
            own_address(place).ipv4,
            today=datetime.now(UTC).date(),
        )

    def _commune(self, stem: str) -> Commune:
        communes = self.vault.territory.communes
        if stem not in communes:
            raise owners.unknown("commune", stem, communes, self.vault.territory)
        if not communes[stem].has_telephony:
            raise SecretsError(f"{stem} has no telephone system; write phones: in its file")
        return communes[stem]

    def _write(self, commune: str, held: Mapping[str, str], identity: Identity) -> None:
        # The record after the secrets: it must never promise what is not there.
        content = self.vault.open(commune, identity).with_telephony(dict(sorted(held.items())))
        self.vault.write(commune, content)
        records = files.load_telephony(self.vault.folder)
        files.save_telephony(self.vault.folder, {**records, commune: tuple(sorted(held))})


def new_secret(name: str) -> str:
    """Return a fresh secret: digits for a voicemail, which are dialled, else a password."""
    if name.startswith(VOICEMAIL):
        return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    return new_password()
