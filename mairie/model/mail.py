"""Mail out of communes: the syndicate's relay, and how long a message may wait for the link."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from mairie.model.base import Model

MAIL: Final = "mail"
"""A host that sends mail as an end of a flow: its address."""

COMMUNE: Final = "{commune}"
"""Stands for the commune's name, where each has an account of its own at the relay."""

RelayHost = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=253
    ),
]
"""A name and no address: the relay's certificate is checked by it."""
RelayUser = Annotated[
    str,
    StringConstraints(pattern=r"^(?:[A-Za-z0-9@._+-]|\{commune\})+$", max_length=200),
]
Sender = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[A-Za-z0-9._+-]|\{commune\})+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$", max_length=200
    ),
]


class Mail(Model):
    """The relay that takes what the communes' hosts send; always with TLS, and a password."""

    relay: RelayHost
    port: Literal[465, 587] = Field(
        587, description="587: STARTTLS (RFC 6409); 465: TLS from the first byte (RFC 8314)"
    )
    username: RelayUser = Field(
        description="As the relay knows the syndicate; {commune} stands for the file's name"
    )
    sender: Sender = Field(
        alias="from", description="Who sends, and who is told of what cannot be delivered"
    )


class ReferenceMail(Model):
    """How long messages wait on a host while its link is cut."""

    keep_days: int = Field(ge=10, le=100, description="Then the sender is told, and they are gone")
    late_hours: int = Field(ge=1, le=240, description="Age of a waiting message that is a fault")
