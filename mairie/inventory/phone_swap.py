"""One phone in the place of another in a commune's file: a MAC address, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mairie.errors import MairieError
from mairie.inventory.load import load
from mairie.inventory.named import check_named
from mairie.inventory.problems import InventoryErrors
from mairie.model.territory import Territory

_SECTION: Final = "phones:"
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")


def swap(
    folder: Path, commune: str, old: str, new: str, write: Callable[[Path, bytes], None]
) -> tuple[str, Territory]:
    """Give a phone another MAC address in its commune's file; the rest of it stays as it is.

    Args:
        folder: of the inventory, which is right before.
        commune: stem of its file.
        old: address of the phone that goes, lower or upper case, with colons or hyphens.
        new: address of the one that comes.
        write: replaces a file at once.

    Returns:
        The name of the phone, and the territory with the new one.

    Raises:
        InventoryErrors: the inventory is not right before.
        MairieError: nothing was changed, and why.

    """
    territory = load(folder)
    check_named(territory, commune)
    going, coming = _normal(old), _normal(new)
    known = territory.communes[commune].phones.items()
    phones = {phone.mac: name for name, phone in known if phone.mac is not None}
    if going not in phones:
        listed = ", ".join(f"{mac} ({name})" for mac, name in sorted(phones.items()))
        raise MairieError(f"no phone of {commune} has {going}; there are: {listed or 'none'}")
    path = folder / "communes" / f"{commune}.yaml"
    before = path.read_bytes()
    write(path, _replaced(before.decode("utf-8"), going, coming, path).encode("utf-8"))
    try:
        after = load(folder)
        changed = after.communes[commune].phones[phones[going]].mac
        if changed != coming:
            raise MairieError(f"{path}: {going} is not written where it could be replaced")
    except InventoryErrors as error:
        write(path, before)
        raise MairieError(f"{error}\nnothing was changed: {coming} cannot be there") from None
    except MairieError:
        write(path, before)
        raise
    return phones[going], after


def _replaced(text: str, old: str, new: str, path: Path) -> str:
    """Return the text with one address replaced, in the phones' section alone."""
    lines = text.splitlines(keepends=True)
    inside, found = False, 0
    for number, line in enumerate(lines):
        if line[:1] not in (" ", "\t", "#", "\n", "\r", "-"):
            inside = line.startswith(_SECTION)
        if not inside:
            continue
        code, mark, comment = _without_comment(line)
        hits = sum(_normal(each) == old for each in _MAC.findall(code))
        if hits:
            found += hits
            swapped = _MAC.sub(lambda hit: new if _normal(hit[0]) == old else hit[0], code)
            lines[number] = swapped + mark + comment
    if found != 1:
        raise MairieError(
            f"{path}: {old} is written {found} times under {_SECTION} in a way that can be "
            "replaced; write the new address there by hand, then run mairie check"
        )
    return "".join(lines)


def _without_comment(line: str) -> tuple[str, str, str]:
    """Return what comes before a comment, its mark, and the comment."""
    hit = re.search(r"(?:^|\s)#", line)
    if hit is None:
        return line, "", ""
    return line[: hit.end() - 1], "#", line[hit.end() :]


def _normal(mac: str) -> str:
    if not _MAC.fullmatch(mac):
        raise MairieError(f'"{mac}" is no MAC address; write it as 00:15:65:10:44:11')
    return mac.lower().replace("-", ":")
