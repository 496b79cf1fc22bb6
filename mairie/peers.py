"""Add and revoke VPN peers in ``syndicate.yaml``: whole and checked, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mairie import syndicate_file
from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.inventory.problems import InventoryErrors
from mairie.model.syndicate import Peer, Syndicate
from mairie.model.territory import Territory
from mairie.secrets.files import write_atomic

FIRST_INDEX = 2
LAST_INDEX = 250


def add(folder: Path, territory: Territory, name: str, label: str, key: str) -> Territory:
    """Give a technician a VPN peer, or add an unmanaged peer; return the territory with it.

    Args:
        folder: of the inventory.
        territory: as loaded from it.
        name: of a technician without a peer, or a new name.
        label: for people; a technician keeps their own.
        key: WireGuard public key, base64.

    Raises:
        MairieError: the name, the key or every index is taken, or the file cannot be edited.

    """
    syndicate = territory.syndicate
    _refuse_taken(syndicate, name, key)
    text = _read(folder)
    person = syndicate.technicians.get(name)
    if person is not None:
        index = next_index({one.index for one in syndicate.technicians.values() if one.index})
        text = syndicate_file.add_technician_peer(text, name, index, key)
        wanted = _with_technician(syndicate, name, index, key)
    else:
        index = next_index({one.index for one in syndicate.peers.values()})
        text = syndicate_file.add_peer(text, name, label, index, key)
        # Not validated here: loading the result says what is wrong, and where.
        entry = Peer.model_construct(label=label, index=index, wireguard=key)
        wanted = syndicate.model_copy(update={"peers": {**syndicate.peers, name: entry}})
    return _rewrite(folder, text, wanted)


def revoke(folder: Path, territory: Territory, name: str) -> Territory:
    """Remove an unmanaged peer, or a technician's peer; return the territory without it.

    Raises:
        MairieError: no such peer, or the file cannot be edited.

    """
    syndicate = territory.syndicate
    text = _read(folder)
    if name in syndicate.peers:
        text = syndicate_file.remove_peer(text, name)
        others = {key: one for key, one in syndicate.peers.items() if key != name}
        wanted = syndicate.model_copy(update={"peers": others})
    elif name in names(syndicate):
        text = syndicate_file.remove_technician_peer(text, name)
        wanted = _with_technician(syndicate, name, None, None)
    else:
        known = ", ".join(names(syndicate)) or "none"
        raise MairieError(f'{territory.name} has no peer "{name}"; there are: {known}')
    return _rewrite(folder, text, wanted)


def names(syndicate: Syndicate) -> tuple[str, ...]:
    """Return the names of all unmanaged peers, technicians first."""
    people = (name for name, one in syndicate.technicians.items() if one.wireguard is not None)
    return (*people, *syndicate.peers)


def next_index(used: Collection[int]) -> int:
    """Return the index after the highest one, so that a revoked peer's is not taken at once.

    Raises:
        MairieError: all are taken.

    """
    following = max(used, default=FIRST_INDEX - 1) + 1
    if following <= LAST_INDEX:
        return following
    free = [index for index in range(FIRST_INDEX, LAST_INDEX + 1) if index not in used]
    if not free:
        raise MairieError(
            f"all {LAST_INDEX - FIRST_INDEX + 1} addresses of this kind of peer are taken; revoke "
            "one first"
        )
    return free[0]


def _refuse_taken(syndicate: Syndicate, name: str, key: str) -> None:
    person = syndicate.technicians.get(name)
    if name in syndicate.peers or (person is not None and person.wireguard is not None):
        raise MairieError(
            f'"{name}" already is a VPN peer; take another name, or revoke it first with '
            f'"mairie peer revoke {name}"'
        )
    keys = {one.wireguard: who for who, one in syndicate.technicians.items() if one.wireguard}
    keys |= {one.wireguard: who for who, one in syndicate.peers.items()}
    if key in keys:
        raise MairieError(
            f'this public key already is that of "{keys[key]}"; each device needs a key of its own'
        )


def _read(folder: Path) -> str:
    return (folder / "syndicate.yaml").read_bytes().decode("utf-8")


def _with_technician(
    syndicate: Syndicate, name: str, index: int | None, key: str | None
) -> Syndicate:
    person = syndicate.technicians[name].model_copy(update={"index": index, "wireguard": key})
    return syndicate.model_copy(update={"technicians": {**syndicate.technicians, name: person}})


def _rewrite(folder: Path, text: str, wanted: Syndicate) -> Territory:
    """Load the inventory as it would be; write only when that gives what is wanted."""
    try:
        territory = _load_with(folder, text)
    except InventoryErrors as errors:
        raise MairieError(
            f"syndicate.yaml stays as it was; changed, it would have:\n{errors}"
        ) from None
    if territory.syndicate != wanted:
        raise MairieError(
            "syndicate.yaml is written in a way that mairie cannot edit without touching something "
            "else, and stays as it was; change it by hand"
        )
    path = folder / "syndicate.yaml"
    write_atomic(path, text.encode("utf-8"), mode=path.stat().st_mode & 0o777)
    return territory


def _load_with(folder: Path, text: str) -> Territory:
    """Load the inventory as if ``syndicate.yaml`` held this text.

    Raises:
        InventoryErrors: with the places of the real files.

    """
    with tempfile.TemporaryDirectory(prefix="mairie-check-") as scratch:
        # The syndicate's own group_data may be in the inventory or up to two folders above.
        copy = Path(scratch) / "above" / "beside" / folder.resolve().name
        copy.mkdir(parents=True)
        for entry in folder.iterdir():
            if entry.name != "syndicate.yaml":
                (copy / entry.name).symlink_to(entry.resolve())
        for place, twin in (
            (folder / "..", copy.parent),
            (folder / ".." / "..", copy.parent.parent),
        ):
            own = place / "group_data"
            if own.is_dir():
                (twin / "group_data").symlink_to(own.resolve())
        (copy / "syndicate.yaml").write_text(text, encoding="utf-8", newline="")
        try:
            return load(copy, secrets=False)
        except InventoryErrors as errors:
            raise InventoryErrors(
                replace(problem, file=problem.file.replace(str(copy), str(folder)))
                for problem in errors.errors
            ) from None
