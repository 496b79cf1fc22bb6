"""The secrets of one territory: opened with an identity, written to its recipients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from mairie.model.territory import PublicKeys, Territory
from mairie.plan.context import Shared, commune_hosts
from mairie.plan.host import HostSecrets
from mairie.plan.lessons import has_lessons
from mairie.plan.radio import radios
from mairie.plan.telephone_host import telephone_host
from mairie.plan.wifi import has_wifi, people_at
from mairie.secrets import age, files, owners, payload, recipients
from mairie.secrets.errors import SecretsError
from mairie.secrets.identity import Identity
from mairie.secrets.payload import HostEntry, Payload
from mairie.secrets.telephony_names import given, made, missing
from mairie.secrets.wifi_record import wanted

_RESTORE = "take it back from version control"


@dataclass(frozen=True, slots=True)
class Vault:
    """The ``secrets/`` folder of one inventory.

    Every method that opens or writes a file may raise SecretsError, whose message says which file,
    what is wrong and what to do; DemoIdentityError when the demo's published identity meets a
    territory that is not a demo. Nothing in clear ever reaches the disk.
    """

    folder: Path
    """Of the inventory."""
    territory: Territory
    _opened: dict[str, Payload] = field(default_factory=dict, repr=False, compare=False)

    def open(self, owner: str, identity: Identity) -> Payload:
        """Return what the file of a commune or hub holds; opened once."""
        if owner not in self._opened:
            self._opened[owner] = self._decrypt(owner, identity)
        return self._opened[owner]

    def host_secrets(self, host: str, identity: Identity) -> HostSecrets:
        """Return the secrets that go to one host; a hub's need every file of its communes."""
        owner = owners.owner_of(self.territory, host)
        entry = self.open(owner, identity).hosts.get(host, HostEntry())
        if not entry.wireguard_private_key and host in owners.tunnel_hosts(self.territory, owner):
            raise SecretsError(
                f"{files.age_file(self.folder, owner)} holds no WireGuard key of {host}; make it "
                'with "mairie secrets generate"'
            )
        self._require(owner, host, entry)
        others = dict(entry.others)
        if owner in self.territory.communes:
            others |= self._wifi_secrets(owner, host, identity)
            others |= self._telephony_secrets(owner, host, identity)
        if owner in self.territory.syndicate.hubs:
            preshared = self._preshared_keys_of_hub(owner, identity)
            others |= self._backup_secrets_of_hub(owner, identity)
        elif entry.preshared_key:
            preshared = {owners.hub_of(self.territory, owner): entry.preshared_key}
        else:
            preshared = {}
        return HostSecrets(
            wireguard_private_key=entry.wireguard_private_key,
            next_wireguard_private_key=entry.next_wireguard_private_key,
            preshared_keys=preshared,
            others=others,
        )

    def all_secrets(self, identity: Identity) -> dict[str, HostSecrets]:
        """Return the secrets of every host, by full name."""
        return {
            host: self.host_secrets(host, identity)
            for owner in owners.owners(self.territory)
            for host in owners.hosts(self.territory, owner)
        }

    def generate(
        self, identity: Callable[[], Identity], only: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """Make what is missing, for all owners or some, and change nothing else.

        Args:
            identity: called only when a file that already exists must be completed.
            only: names of communes and hubs; None for all.

        Returns:
            The hosts for which something was made.

        """
        public = files.load_public_keys(self.folder)
        others = files.load_others(self.folder)
        done: list[str] = []
        for owner in owners.owners(self.territory) if only is None else only:
            tunnels = set(owners.tunnel_hosts(self.territory, owner))
            wanted = owners.other_secrets(self.territory, owner)
            exists = files.age_file(self.folder, owner).exists()
            recorded = all(
                set(names) <= set(others.get(host, ())) for host, names in wanted.items()
            )
            if exists and recorded and tunnels <= public.keys():
                continue
            old = self.open(owner, identity()) if exists else Payload()
            content = old
            for host, names in sorted(wanted.items()):
                entry = content.hosts.get(host)
                if host in tunnels and (entry is None or not entry.wireguard_private_key):
                    fresh = payload.new_entry(preshared=owner in self.territory.communes)
                    entry = replace(fresh, others=entry.others) if entry else fresh
                content = content.with_host(host, (entry or HostEntry()).completed(names))
            changed = [host for host in wanted if content.hosts[host] != old.hosts.get(host)]
            if changed or not exists:
                self.write(owner, content)
            done += sorted(changed)
            # What is in clear is written after the secrets: a key that peers already use must
            # never be without its private half.
            public.update({host: content.hosts[host].public_keys for host in tunnels})
            files.save_public_keys(self.folder, public)
            others.update({host: tuple(content.hosts[host].others) for host in wanted})
            files.save_others(self.folder, others)
        return tuple(done)

    def rotate(self, host: str, identity: Identity) -> PublicKeys:
        """Stage a next WireGuard key, which peers accept beside the one in force."""
        entry = self._entry(host, identity)
        if entry.next_wireguard_private_key:
            raise SecretsError(
                f"{host} already has a next key; deploy it and its hub, then end the rotation "
                f'with "mairie secrets rotate --finish {host}"'
            )
        return self._replace(host, entry.staged(), identity)

    def finish_rotation(self, host: str, identity: Identity) -> PublicKeys:
        """Put the next WireGuard key in force and forget the old one."""
        entry = self._entry(host, identity)
        if not entry.next_wireguard_private_key:
            raise SecretsError(
                f'no rotation of {host} is under way; start one with "mairie secrets rotate {host}"'
            )
        return self._replace(host, entry.finished(), identity)

    def recipients_of(self, owner: str) -> tuple[str, ...] | None:
        """Return to whom a file was last encrypted; None when it is not recorded."""
        return files.load_recipients(self.folder).get(owner)

    def outdated(self) -> tuple[str, ...]:
        """Return the owners whose file is not encrypted to exactly today's recipients."""
        wanted = {one.key for one in recipients.of(self.territory.syndicate)}
        recorded = files.load_recipients(self.folder)
        return tuple(
            owner
            for owner in owners.owners(self.territory)
            if files.age_file(self.folder, owner).exists()
            and set(recorded.get(owner, ())) != wanted
        )

    def reencrypt(self, identity: Identity) -> tuple[str, ...]:
        """Encrypt outdated files to today's recipients; return their owners.

        All are opened before the first is written.
        """
        contents = {owner: self.open(owner, identity) for owner in self.outdated()}
        for owner, content in contents.items():
            self.write(owner, content)
        return tuple(contents)

    def _entry(self, host: str, identity: Identity) -> HostEntry:
        owner = owners.owner_of(self.territory, host)
        if host not in owners.tunnel_hosts(self.territory, owner):
            raise SecretsError(f"{host} has no tunnel, so no WireGuard key; its gateway has one")
        entry = self.open(owner, identity).hosts.get(host)
        if entry is None:
            raise SecretsError(
                f'{host} has no WireGuard key yet; make it with "mairie secrets generate"'
            )
        return entry

    def _replace(self, host: str, entry: HostEntry, identity: Identity) -> PublicKeys:
        owner = owners.owner_of(self.territory, host)
        self.write(owner, self.open(owner, identity).with_host(host, entry))
        public = files.load_public_keys(self.folder)
        files.save_public_keys(self.folder, {**public, host: entry.public_keys})
        return entry.public_keys

    def _preshared_keys_of_hub(self, hub: str, identity: Identity) -> dict[str, str]:
        """Gather the preshared keys that a hub shares with the gateways of its communes."""
        found: dict[str, str] = {}
        for commune in owners.communes_of(self.territory, hub):
            entries = self.open(commune, identity).hosts
            for host in owners.tunnel_hosts(self.territory, commune):
                if host in entries and entries[host].preshared_key:
                    found[host] = entries[host].preshared_key
        return found

    def _require(self, owner: str, host: str, entry: HostEntry) -> None:
        """Refuse a host whose other secrets are not all made."""
        for name in owners.other_secrets(self.territory, owner)[host]:
            if name not in entry.others:
                raise SecretsError(
                    f"{files.age_file(self.folder, owner)} holds no {name} of {host}; make it "
                    'with "mairie secrets generate"'
                )

    def _backup_secrets_of_hub(self, hub: str, identity: Identity) -> dict[str, str]:
        """Gather what a hub needs to keep its hosts' repositories, as ``<secret>:<host>``."""
        found: dict[str, str] = {}
        for commune in owners.communes_of(self.territory, hub):
            entries = self.open(commune, identity).hosts
            for host, names in owners.other_secrets(self.territory, commune).items():
                entry = entries.get(host, HostEntry())
                self._require(commune, host, entry)
                found |= {f"{name}:{host}": entry.others[name] for name in names}
        return found

    def _wifi_secrets(self, commune: str, host: str, identity: Identity) -> dict[str, str]:
        """Return what the radios and the RADIUS server of a host need, of its site alone.

        What is not made yet is refused.
        """
        places = commune_hosts(Shared.of(self.territory), commune)
        place = next(each for each in places if each.name == host)
        if not has_wifi(place):
            return {}
        want = wanted(self.territory, commune)
        entry = self.open(commune, identity).wifi
        missing = next(entry.record.missing(want), None)
        if missing is not None:
            raise SecretsError(
                f"{files.age_file(self.folder, commune)} holds {missing}; make it with "
                '"mairie secrets generate"'
            )
        gateway = place.gateway.name
        on_air = (each for radio in radios(place) for each in radio.networks)
        of_radios = entry.of_radios(gateway, on_air)
        if place.is_access_point:
            return {**entry.of_access_point(gateway, place.stem), **of_radios}
        people = [each.login for each in people_at(place) if each.password]
        of_lessons = entry.of_lessons(host) if has_lessons(place) else {}
        return {**entry.of_radius(host, people), **of_radios, **of_lessons}

    def _telephony_secrets(self, commune: str, host: str, identity: Identity) -> dict[str, str]:
        """Return what the telephone host of a commune needs; what is not there yet is refused."""
        place = telephone_host(Shared.of(self.territory), commune)
        if place is None or place.name != host:
            return {}
        held = self.open(commune, identity).telephony
        model = self.territory.communes[commune]
        lacking = next(missing(commune, model, held), None)
        if lacking is not None:
            raise SecretsError(f"{files.age_file(self.folder, commune)} holds {lacking}")
        return {name: held[name] for name in (*made(model), *given(model))}

    def write(self, owner: str, content: Payload) -> None:
        """Encrypt the file of an owner anew, to today's recipients."""
        to = recipients.of(self.territory.syndicate)
        parsed = recipients.check(
            to, demo=self.territory.syndicate.demo, territory=self.territory.name
        )
        sealed = age.encrypted(content.to_bytes(), parsed)
        files.write_atomic(files.age_file(self.folder, owner), sealed)
        recorded: Mapping[str, tuple[str, ...]] = files.load_recipients(self.folder)
        files.save_recipients(self.folder, {**recorded, owner: tuple(one.key for one in to)})
        self._opened[owner] = content

    def _decrypt(self, owner: str, identity: Identity) -> Payload:
        identity.refuse_demo(demo=self.territory.syndicate.demo, territory=self.territory.name)
        path = files.age_file(self.folder, owner)
        sealed = files.read_bytes(path, owner)
        if not age.is_encrypted(sealed):
            raise SecretsError(f"{path} is not an age file, or its beginning is lost; {_RESTORE}")
        try:
            return payload.from_bytes(age.decrypted(sealed, identity))
        except age.NotForIdentityError:
            raise SecretsError(self._not_for(owner, identity)) from None
        except age.DamagedError:
            raise SecretsError(f"{path} is truncated or damaged; {_RESTORE}") from None
        except msgspec.MsgspecError:
            raise SecretsError(
                f"{path} was opened but does not hold what this version of mairie keeps there; "
                f"use the version that wrote it, or {_RESTORE}"
            ) from None

    def _not_for(self, owner: str, identity: Identity) -> str:
        names = {one.key: one for one in recipients.of(self.territory.syndicate)}
        recorded = self.recipients_of(owner) or ()
        known = [
            str(names.get(key, recipients.Recipient("no longer listed", key))) for key in recorded
        ]
        whom = f"; it is for {', '.join(known)}" if known else ""
        return (
            f"{files.age_file(self.folder, owner)} does not open with {identity}{whom}; use one "
            "of their identities (--identity FILE), or ask one of them to list you in "
            'syndicate.yaml and run "mairie secrets recipients --apply"'
        )
