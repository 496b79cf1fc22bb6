"""Send a repository to a hub, which then serves it whole: never half of it, never a mixture."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from mairie.errors import EXIT_HOST_FAILED, MairieError
from mairie.files.hub import PACKAGES
from mairie.question import ask_host
from mairie.transport import Transport

_SECONDS = 3600
_SCRIPT = """\
set -eu
umask 022
mkdir -p "$1"
exec 9>"$1/.lock"
flock 9
rm -rf "$1"/new.*
new=$(mktemp -d "$1/new.XXXXXX")
trap 'rm -rf "$new" "$1/.link"' EXIT
tar -x -f - -C "$new" --no-same-owner --no-same-permissions
chmod 755 "$new"
sync -f "$new"
at="$1/$(date -u +%Y%m%dT%H%M%S)-$$"
mv "$new" "$at"
ln -sfn "$(basename "$at")" "$1/.link"
mv -T "$1/.link" "$1/current"
sync -f "$1"
for old in "$1"/2*; do
    [ "$old" = "$at" ] || rm -rf "$old"
done
"""


def publish(hub: str, transport: Transport, files: Mapping[str, bytes]) -> None:
    """Have a hub serve these files in place of those before them.

    What is cut short leaves the hub as it was.

    Args:
        hub: its name.
        transport: the way to it.
        files: of the repository, by name.

    Raises:
        MairieError: the hub cannot be reached, or refused.

    """
    done = ask_host(hub, transport, _SCRIPT, PACKAGES, seconds=_SECONDS, given=archive(files))
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"status {done.returncode}"
        raise MairieError(f"{hub} did not take the packages: {why}", exit_code=EXIT_HOST_FAILED)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar file of what everybody may read."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            made.addfile(entry, io.BytesIO(content))
    return out.getvalue()
