"""The files of ``secrets/``: read, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import yaml

from mairie.model.territory import PublicKeys
from mairie.secrets.errors import SecretsError
from mairie.secrets.wifi_record import WifiRecord

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PUBLIC = "public.yaml"
_RECIPIENTS = "recipients.yaml"
_OTHERS = "others.yaml"
_WIFI = "wifi.yaml"
_TELEPHONY = "telephony.yaml"
_PACKAGES = "packages.asc"
_REMAKE = {
    _PUBLIC: "mairie secrets generate",
    _OTHERS: "mairie secrets generate",
    _WIFI: "mairie secrets generate",
    _TELEPHONY: "mairie secrets generate",
    _RECIPIENTS: "mairie secrets recipients --apply",
}
_ARMOUR_BEGINS = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_ARMOUR_ENDS = "-----END PGP PUBLIC KEY BLOCK-----"
_PUBLIC_HEADER = """\
# Written by mairie, not by hand: WireGuard public keys in force, and those that take over.
"""
_OTHERS_HEADER = """\
# Written by mairie, not by hand: names of the other secrets that the .age files hold for each host.
"""
_TELEPHONY_HEADER = """\
# Written by mairie, not by hand: names of the secrets of each commune's telephone system.
"""
_WIFI_HEADER = """\
# Written by mairie, not by hand: who and what has a secret for the Wi-Fi, and until when
# certificates are good.
"""
_RECIPIENTS_HEADER = """\
# Written by mairie, not by hand: to whom each .age file was last encrypted.
# "mairie secrets recipients" compares this with syndicate.yaml.
"""


def secrets_folder(folder: Path) -> Path:
    """Return where an inventory keeps its secrets."""
    return folder / "secrets"


def age_file(folder: Path, owner: str) -> Path:
    """Return the encrypted file of a commune (its file stem) or of a hub (its name)."""
    return secrets_folder(folder) / f"{owner}.age"


def write_atomic(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write through a temporary file in the same folder, synced before it takes the place.

    Raises:
        SecretsError: the file system refuses.

    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp creates with mode 600; the name shows what it is for when a crash leaves it.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
        temporary = ""
    except OSError as error:
        raise SecretsError(f"{path} cannot be written: {_reason(error)}") from None
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def read_bytes(path: Path, owner: str) -> bytes:
    """Return the content of an encrypted file.

    Raises:
        SecretsError: it is missing or cannot be read.

    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SecretsError(
            f"{path} is missing: {owner} has no secrets yet; make them with "
            '"mairie secrets generate"'
        ) from None
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {_reason(error)}") from None


def load_public_keys(folder: Path) -> dict[str, PublicKeys]:
    """Return the public keys by full host name; empty when nothing was generated yet.

    Raises:
        SecretsError: ``secrets/public.yaml`` is damaged.

    """
    path = secrets_folder(folder) / _PUBLIC
    data = _load_yaml(path)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise _damaged(path)
    keys: dict[str, PublicKeys] = {}
    for host, entry in data.items():
        if (
            not isinstance(host, str)
            or not isinstance(entry, dict)
            or not set(entry) <= {"current", "next"}
            or not all(isinstance(value, str) for value in entry.values())
            or "current" not in entry
        ):
            raise _damaged(path)
        keys[host] = PublicKeys(current=entry["current"], next=entry.get("next"))
    return keys


def save_public_keys(folder: Path, keys: Mapping[str, PublicKeys]) -> None:
    """Write ``secrets/public.yaml``: sorted, the same bytes for the same keys."""
    data = {
        host: {"current": pair.current, **({"next": pair.next} if pair.next else {})}
        for host, pair in sorted(keys.items())
    }
    _save_yaml(secrets_folder(folder) / _PUBLIC, _PUBLIC_HEADER, data)


def load_others(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of the other secrets of each host; empty when nothing was generated yet.

    Raises:
        SecretsError: ``secrets/others.yaml`` is damaged.

    """
    return _load_names(secrets_folder(folder) / _OTHERS)


def save_others(folder: Path, names: Mapping[str, Sequence[str]]) -> None:
    """Write ``secrets/others.yaml``: sorted, one host on a line."""
    _save_names(secrets_folder(folder) / _OTHERS, _OTHERS_HEADER, names)


def load_telephony(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of the secrets of each commune's telephone system; empty when none has one.

    Raises:
        SecretsError: ``secrets/telephony.yaml`` is damaged.

    """
    return _load_names(secrets_folder(folder) / _TELEPHONY)


def save_telephony(folder: Path, names: Mapping[str, Sequence[str]]) -> None:
    """Write ``secrets/telephony.yaml``: sorted, one commune on a line; no file without phones."""
    path = secrets_folder(folder) / _TELEPHONY
    kept = {commune: held for commune, held in names.items() if held}
    if kept or path.exists():
        _save_names(path, _TELEPHONY_HEADER, kept)


def package_certificate_file(folder: Path) -> Path:
    """Return where the certificate of the syndicate's packages is, in clear."""
    return secrets_folder(folder) / _PACKAGES


def load_package_certificate(folder: Path) -> str:
    """Return the armoured OpenPGP certificate of the packages; empty when there is none.

    Raises:
        SecretsError: ``secrets/packages.asc`` is something else.

    """
    path = package_certificate_file(folder)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {_reason(error)}") from None
    except UnicodeDecodeError:
        raise _damaged(path) from None
    lines = text.splitlines()
    if not lines or (lines[0], lines[-1]) != (_ARMOUR_BEGINS, _ARMOUR_ENDS):
        raise _damaged(path)
    return text


def save_package_certificate(folder: Path, certificate: str) -> None:
    """Write ``secrets/packages.asc``."""
    _save(package_certificate_file(folder), certificate)


def load_wifi(folder: Path) -> dict[str, WifiRecord]:
    """Return what is known of each commune's Wi-Fi secrets; empty when there are none.

    Raises:
        SecretsError: ``secrets/wifi.yaml`` is damaged.

    """
    path = secrets_folder(folder) / _WIFI
    data = _load_yaml(path)
    try:
        return msgspec.convert({} if data is None else data, type=dict[str, WifiRecord])
    except msgspec.ValidationError:
        raise _damaged(path) from None


def save_wifi(folder: Path, records: Mapping[str, WifiRecord]) -> None:
    """Write ``secrets/wifi.yaml``: sorted; no file where no commune ever had any."""
    path = secrets_folder(folder) / _WIFI
    kept = {name: each for name, each in sorted(records.items()) if each != WifiRecord()}
    if kept or path.exists():
        data = msgspec.to_builtins(kept, builtin_types=(date,))
        for record in data.values():
            for key in ("networks", "devices", "roaming", "lessons"):  # only where there are radios
                if not record[key]:
                    del record[key]
        _save_yaml(path, _WIFI_HEADER, data)


def load_recipients(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the recipients of each encrypted file at its last writing, by owner.

    Raises:
        SecretsError: ``secrets/recipients.yaml`` is damaged.

    """
    path = secrets_folder(folder) / _RECIPIENTS
    data = _load_yaml(path) or []
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(data, list):
        raise _damaged(path)
    for group in data:
        if not isinstance(group, dict) or set(group) != {"recipients", "files"}:
            raise _damaged(path)
        if not all(_is_texts(part) for part in group.values()):
            raise _damaged(path)
        found.update({owner: tuple(group["recipients"]) for owner in group["files"]})
    return found


def save_recipients(folder: Path, recipients: Mapping[str, Sequence[str]]) -> None:
    """Write ``secrets/recipients.yaml``: owners grouped by equal recipients, sorted."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for owner, keys in sorted(recipients.items()):
        groups.setdefault(tuple(sorted(keys)), []).append(owner)
    data = [
        {"recipients": list(keys), "files": owners}
        for keys, owners in sorted(groups.items(), key=lambda item: item[1])
    ]
    _save_yaml(secrets_folder(folder) / _RECIPIENTS, _RECIPIENTS_HEADER, data)


def _load_names(path: Path) -> dict[str, tuple[str, ...]]:
    data = _load_yaml(path)
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(
        isinstance(owner, str) and _is_texts(names) for owner, names in data.items()
    ):
        raise _damaged(path)
    return {owner: tuple(names) for owner, names in data.items()}


def _save_names(path: Path, header: str, names: Mapping[str, Sequence[str]]) -> None:
    lines = (f"{owner}: [{', '.join(sorted(names[owner]))}]\n" for owner in sorted(names))
    _save(path, header + ("".join(lines) or "{}\n"))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _load_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, in C
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {_reason(error)}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _damaged(path) from None


def _save_yaml(path: Path, header: str, data: Any) -> None:
    _save(path, header + (yaml.safe_dump(data, sort_keys=False, width=200) if data else "{}\n"))


def _save(path: Path, text: str) -> None:
    if not path.is_file() or path.read_bytes() != text.encode():
        write_atomic(path, text.encode())


def _damaged(path: Path) -> SecretsError:
    return SecretsError(
        f"{path} is not as mairie writes it; take it back from version control, or delete it and "
        'run "mairie secrets generate", which finds everything again in the encrypted files'
    )


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown error").lower()
