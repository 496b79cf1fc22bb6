"""``mairie drill``: prove now that hosts can be restored."""

from __future__ import annotations

from pathlib import Path

import click

from mairie.cli.backups import Question, json_option
from mairie.cli.hosts import Hosts, hosts_options


@click.command("drill")
@hosts_options
@json_option
def command(hosts: Hosts, json: Path | None) -> None:
    """Restore a sample on TARGETS to a scratch folder and compare it, as each does every month.

    Nothing of what is in use is touched.
    """
    Question("drill", json).ask(hosts)
