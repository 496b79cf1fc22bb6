"""What the real apt makes of one source, asked in a place of its own: nothing known is changed."""

from __future__ import annotations

import shlex


def fresh(source: str, package: str) -> str:
    """Return the command that fetches a package from one source as a blank host would.

    It ends well when what the source signs, lists and offers fits together.

    Args:
        source: path of the source's file.
        package: name of the package.

    """
    alone = (
        f"-o Dir::Etc::SourceList={shlex.quote(source)} -o Dir::Etc::SourceParts=/dev/null "
        '-o Dir::State::Lists="$d/lists" -o Dir::Cache="$d/cache" -o APT::Sandbox::User=root '
        "-o Acquire::Retries=0 -o Acquire::http::Timeout=20"
    )
    return (
        'd=$(mktemp -d) && trap \'rm -rf "$d"\' EXIT && cd "$d" && '
        "mkdir -p lists/partial cache/archives/partial && exec 2>&1 && export LC_ALL=C && "
        f"apt-get -q update --error-on=any {alone} && "
        f"apt-get -q download {shlex.quote(package)} {alone}"
    )


def policy(package: str) -> str:
    """Return the command that says which sources apt knows of a package."""
    return f"LC_ALL=C apt-cache policy {shlex.quote(package)}"
