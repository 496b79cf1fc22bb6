"""Repositories: created here, with one key for the host and one that only the hub has.

A deploy runs this each time: it ends where the password files say, whatever was there before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mairie_restic import Restic, ResticError
from mairie_store.errors import StoreError
from mairie_store.instance import alone
from mairie_store.journal import say
from mairie_store.repository import names
from mairie_store.screen import screen
from mairie_store.settings import Settings, StoredHost
from mairie_store.state import State, load, save

TRIED = 8
"""Oldest keys that are tried when the hub does not remember which are its own: they came first."""


def provision(settings: Settings, host: StoredHost) -> bool:
    """Have a repository that both passwords open; return whether anything changed.

    Raises StoreError or ResticError.
    """
    places = settings.places
    with alone(places.run, host.name) as mine:
        if not mine:
            raise StoreError(f"{host.name} est en cours d'entretien : redéployez ensuite.")
        repository = places.store / host.name
        state = load(places.state, host.name)
        made = _create(settings, host, repository)
        if made:
            state.keys = {}
        passwords = {
            "host": settings.secret(f"{host.name}.password"),
            "store": settings.secret("store-password"),
        }
        if made:
            (own,) = names(repository / "keys")
            found = {"host": own, "store": ""}
        else:
            screen(places, state)
            found = {
                whose: _key(settings, repository, password, state.keys.get(whose, ""))
                for whose, password in passwords.items()
            }
        changed = _complete(settings, repository, passwords, found, state) or made
        if changed:
            say("notice", f"{host.name} : dépôt prêt.")
        save(places.state, state)
        return changed


def _create(settings: Settings, host: StoredHost, repository: Path) -> bool:
    """Create the repository when there is none."""
    if (repository / "config").exists():
        return False
    if names(repository / "data") or names(repository / "snapshots"):
        raise StoreError(
            f"{repository} contient des données mais plus de fichier `config` : "
            "restaurez-le depuis la copie du concentrateur, rien n'a été touché."
        )
    # A creation that was cut leaves a key that opens nothing.
    shutil.rmtree(repository, ignore_errors=True)
    repository.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(repository, settings.account, settings.account)
    settings.open(repository, settings.secret(f"{host.name}.password")).run("init")
    return True


def _key(settings: Settings, repository: Path, password: str, known: str) -> str:
    """Return the name of the key that a password opens, or an empty string."""
    folder = repository / "keys"
    oldest = sorted(names(folder), key=lambda name: (folder / name).stat().st_mtime)[:TRIED]
    for name in (known, *oldest) if known in oldest else oldest:
        try:
            listed = settings.open(repository, password, name).run("key", "list", "--no-lock")
        except ResticError as error:
            if error.kind == "wrong-password":
                return ""
            continue  # a key that is none: restic falls over it
        return next(str(key["id"]) for key in listed if key.get("current"))
    return ""


def _complete(
    settings: Settings,
    repository: Path,
    passwords: dict[str, str],
    found: dict[str, str],
    state: State,
) -> bool:
    """Add the keys that are missing, and remove those they replace."""
    missing = [whose for whose, name in found.items() if not name]
    if len(missing) == len(found):
        raise StoreError(
            f"{repository} : ni le mot de passe de l'hôte ni celui du concentrateur ne l'ouvre. "
            "Les secrets ont-ils été refaits ? Remettez les anciens, ou renommez ce dossier pour "
            "en commencer un autre."
        )
    for whose in missing:
        other = "store" if whose == "host" else "host"
        way_in = settings.open(repository, passwords[other], found[other])
        before = state.keys.get(whose, "")
        found[whose] = _add_key(settings, way_in, repository, whose, passwords[whose])
        if before and before in names(repository / "keys"):
            way_in.run("key", "remove", before)
    changed = state.keys != found
    state.keys = dict(found)
    return changed


def _add_key(
    settings: Settings, restic: Restic, repository: Path, whose: str, password: str
) -> str:
    before = names(repository / "keys")
    with _lent(settings, f"{repository.name}.{whose}", password) as file:
        restic.run(
            "key", "add", "--new-password-file", str(file), "--host", whose, "--user", "mairie"
        )
    (added,) = names(repository / "keys") - before
    return added


@contextmanager
def _lent(settings: Settings, name: str, password: str) -> Iterator[Path]:
    """Show a password to restic's account as a file in memory, for the time of one command."""
    file = settings.places.run / f".{name}.password"
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(password + "\n")
    try:
        if os.geteuid() == 0:
            shutil.chown(file, settings.account, settings.account)
        yield file
    finally:
        file.unlink(missing_ok=True)
