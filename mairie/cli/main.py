"""The ``mairie`` command: one file per sub-command, imported only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import re
from pathlib import Path
from typing import Any, Final

import click

from mairie.errors import MairieError

EXIT_INTERRUPTED: Final = 130
"""As shells report a process that Ctrl-C ended (128 + SIGINT)."""
_IS_COMMAND: Final = re.compile(r"^(def command\(|command = )", re.MULTILINE)


def collect_rarely() -> None:
    """Look for cycles among objects seldom: plans have none, and a territory has millions.

    A sixth of the time that 1,000 communes take, for a tenth more memory; the command ends soon.
    """
    gc.set_threshold(200_000, 30, 30)


class Commands(click.Group):
    """Sub-commands by file name: ``mairie/cli/<command>.py`` exports ``command``.

    A file without one is a helper; ``_`` becomes ``-`` on the command line. A MairieError ends
    with its sentence on stderr and its exit code, Ctrl-C with 130.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in alphabetical order."""
        return sorted(
            file.stem.replace("_", "-")
            for file in Path(__file__).parent.glob("*.py")
            if _IS_COMMAND.search(file.read_text(encoding="utf-8"))
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"mairie.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the command that a mistyped one resembles."""
        name = str(args[0])
        if not ctx.resilient_parsing and name not in self.list_commands(ctx):
            from mairie.inventory.problems import suggestion

            near = suggestion(name, self.list_commands(ctx))
            hint = f'did you mean "{near}"?' if near else "mairie --help lists them"
            ctx.fail(f'no command "{name}"; {hint}')
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a person can mend is a sentence and never a traceback."""
        collect_rarely()
        # Looking for plugins of pydantic reads the metadata of every package that is installed.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        try:
            return super().invoke(ctx)
        except MairieError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(EXIT_INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mairie", message="%(prog)s %(version)s")
def main() -> None:
    """One inventory file per commune becomes a complete, conforming town hall network.

    Exit codes: 0 done, 1 some host failed, 2 bad input, 3 unreachable, 4 not conforming.
    """


if __name__ == "__main__":
    main()
