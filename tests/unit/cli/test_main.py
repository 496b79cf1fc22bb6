"""The command itself: lazy commands, sentences instead of tracebacks, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mairie.cli import main as module
from mairie.cli.main import EXIT_INTERRUPTED, main
from mairie.errors import MairieError


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.stdout, result.stderr


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command
    def command() -> None:
        raise error

    monkeypatch.setattr(module.Commands, "get_command", lambda *_: command)


def test_every_command_loads_and_explains_itself() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    assert {"check", "show", "schema", "new", "init"} <= set(names)
    for name in names:
        command = main.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(), name


def test_helpers_are_no_commands() -> None:
    names = main.list_commands(click.Context(main))
    assert not {"main", "options", "targets", "_answers", "-answers"} & set(names)


def test_a_mistyped_command_is_suggested() -> None:
    code, _, stderr = run("chek")
    assert code == 2
    assert 'no command "chek"; did you mean "check"?' in stderr


def test_an_unknown_command_says_where_they_are_listed() -> None:
    code, _, stderr = run("xyzzy")
    assert code == 2
    assert 'no command "xyzzy"; mairie --help lists them' in stderr


def test_version() -> None:
    code, stdout, _ = run("--version")
    assert code == 0
    assert stdout.startswith("mai") or stdout.split()[-1].count(".") == 2


def test_an_error_is_its_sentence_and_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, MairieError("no host answers; try later", exit_code=3))
    assert run("check") == (3, "", "no host answers; try later\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_interruption_is_130(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    failing(monkeypatch, error)
    code, stdout, stderr = run("check")
    assert (code, stdout) == (EXIT_INTERRUPTED, "")
    assert stderr.strip() == "Interrupted."


def test_help_imports_no_inventory_code(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from mairie.cli.main import main\n"
        "main(['--version'], standalone_mode=False)\n"
        "print([name for name in ('pydantic', 'pyinfra', 'rich') if name in sys.modules])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert result.stdout.splitlines()[-1] == "[]"
