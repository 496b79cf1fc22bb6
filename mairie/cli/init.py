"""``mairie init``: the syndicate's own repository."""

from __future__ import annotations

import os
import sys
from ipaddress import IPv6Network
from pathlib import Path

import click

from mairie.cli._answers import Answers
from mairie.errors import MairieError

_OWN_KEY = Path.home() / ".ssh" / "id_ed25519.pub"


@click.command
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--name", help="Name of the syndicate.")
@click.option("--domain", help="DNS domain of its machines, such as sivu.example.")
@click.option(
    "--endpoint", help="Public name and UDP port of the hub.  [default: hub.DOMAIN:51820]"
)
@click.option("--timezone", help="Time zone of the hub, such as Pacific/Tahiti.")
@click.option("--technician", help="Account name of the first technician.")
@click.option(
    "--ssh-key",
    type=click.Path(path_type=Path),
    help="Public key file of the technician.  [default: ~/.ssh/id_ed25519.pub]",
)
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask for what is not given.  [default: when there is a terminal]",
)
def command(
    *,
    folder: Path,
    name: str | None,
    domain: str | None,
    endpoint: str | None,
    timezone: str | None,
    technician: str | None,
    ssh_key: Path | None,
    ask: bool | None,
) -> None:
    """Start the repository of a syndicate in DIR: inventory, overrides, secrets, CI."""
    _refuse_used(folder)
    answers = Answers(sys.stdin.isatty() if ask is None else ask)
    name = answers.get("Nom du syndicat", name, "", "--name")
    domain = answers.get("Domaine", domain, "", "--domain")
    account = answers.get("Compte du premier technicien", technician, "", "--technician")
    values = {
        "name": name,
        "domain": domain,
        "endpoint": answers.get(
            "Adresse publique du siège", endpoint, f"hub.{domain}:51820", "--endpoint"
        ),
        "timezone": answers.get("Fuseau horaire du siège", timezone, "", "--timezone"),
        "technician": account,
        "technician_label": account.replace("-", " ").title(),
        "hub_label": "Siège",
        "ssh_key": _public_key(answers, ssh_key),
        "ula": random_ula(),
    }
    inventory = _write(folder, values)
    _make_secrets(inventory)
    click.echo(f"Next:   cd {folder}; mairie new")


def random_ula() -> str:
    """Return a /48 of fd00::/8 with 40 random bits (RFC 4193 section 3.2)."""
    return str(IPv6Network((bytes([0xFD]) + os.urandom(5) + bytes(10), 48)))


def _refuse_used(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise MairieError(f"{folder} is not empty; name a new folder, or an empty one")
    if folder.exists() and not folder.is_dir():
        raise MairieError(f"{folder} is a file; name a new folder")


def _public_key(answers: Answers, given: Path | None) -> str:
    proposed = str(_OWN_KEY) if _OWN_KEY.is_file() else ""
    path = Path(answers.get("Fichier de sa clef SSH publique", given, proposed, "--ssh-key"))
    try:
        text = path.expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MairieError(f"{path} cannot be read: {reason}") from None
    except UnicodeDecodeError:
        text = ""
    if not text.startswith(("ssh-ed25519 ", "ssh-rsa ")) or "\n" in text:
        raise MairieError(
            f"{path} is not a public key that can also open secrets; name a file of one line that "
            "starts with ssh-ed25519 or ssh-rsa, such as ~/.ssh/id_ed25519.pub"
        )
    return text


def _write(folder: Path, values: dict[str, str]) -> Path:
    """Write the files and return the inventory folder."""
    from mairie.cli._skeletons import render
    from mairie.inventory.layers import read_layer
    from mairie.inventory.schema import schemas
    from mairie.paths import assets
    from mairie.plan.slug import slug

    relative = Path("inventories") / (slug(values["name"])[:40].strip("-") or "syndicat")
    known = {**values, "folder": str(relative)}
    reference = assets().group_data / "all.py"
    texts = {
        relative / "syndicate.yaml": render("repository/syndicate.yaml.j2", known),
        Path("README.md"): render("repository/README.md.j2", known),
        Path(".gitignore"): render("repository/gitignore", known),
        Path(".gitlab-ci.yml"): render("repository/gitlab-ci.yml", known),
        Path("group_data/all.py"): render("repository/group_data_all.py", known),
        **{
            Path("schemas") / name: text
            for name, text in schemas(read_layer(reference, str(reference)).data).items()
        },
    }
    try:
        (folder / relative / "communes").mkdir(parents=True)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
            click.echo(f"made    {folder / path}")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MairieError(f"{folder} cannot be written: {reason}") from None
    return folder / relative


def _make_secrets(inventory: Path) -> None:
    from mairie.cli.options import load_territory
    from mairie.secrets.identity import find_identity
    from mairie.secrets.vault import Vault

    territory = load_territory(inventory, secrets=False)
    Vault(inventory, territory).generate(lambda: find_identity(inventory, demo=False))
    click.echo(f"made    {inventory / 'secrets' / 'hub.age'}")
