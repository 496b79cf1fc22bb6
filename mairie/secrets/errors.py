"""What can go wrong with secrets, as sentences."""

from __future__ import annotations

from mairie.errors import MairieError


class SecretsError(MairieError):
    """A secret cannot be read, written or used; the message says what to do."""


class IdentityMissingError(SecretsError):
    """No identity was given and none is in its usual place."""


class DemoIdentityError(SecretsError):
    """A published identity of the demo was about to protect a real territory."""
