"""The demo with telephones whose messages and faxes are sent by mail, through a relay."""

from __future__ import annotations

from pathlib import Path

from tests.lab import voip_inventory

RELAY = "smtp.demo.example"
SENDER = "mairie@demo.example"
ADDRESS = "accueil@rurutu.example"
FAX_ADDRESS = "secretariat@rurutu.example"
FAX_NUMBER = "+68940930150"
MAIL = f"""\
mail: {{relay: {RELAY}, username: "{{commune}}", from: {SENDER}}}
"""


def with_mail(text: str) -> str:
    """Give Rurutu's reception a mail address, and the town hall a number for faxes."""
    delivered = 'numbers: ["+68940930000", "+68940930120"'
    faxes = f'  faxes:\n    mairie: {{number: "{FAX_NUMBER}", mail: {FAX_ADDRESS}}}\n'
    # By address: where nobody answers for a name, Asterisk waits long for it.
    for old, new in (
        (f"secours.{voip_inventory.OPERATOR}", "198.51.100.22"),
        (voip_inventory.OPERATOR, "198.51.100.21"),
        ("voicemail: true}", f"voicemail: true, mail: {ADDRESS}}}"),
        (delivered, f'{delivered}, "{FAX_NUMBER}"'),
        ("  trunks:\n", f"{faxes}  trunks:\n"),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def write(folder: Path) -> Path:
    """Copy the demo with this into a folder that is not there yet; its secrets are to be made."""
    voip_inventory.write(folder)
    path = folder / "communes" / "rurutu.yaml"
    path.write_text(with_mail(path.read_text()))
    path = folder / "syndicate.yaml"
    path.write_text(path.read_text() + MAIL)
    return folder
