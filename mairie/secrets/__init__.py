"""The secrets of a territory: one age file per commune and hub, and the public keys in clear.

``vault.Vault`` opens and writes them, ``identity.find_identity`` says with which private key,
``check.problems`` says all that is wrong. Loading an inventory needs the public keys alone, so
nothing that encrypts is imported here.
"""

from mairie.secrets.errors import DemoIdentityError, IdentityMissingError, SecretsError
from mairie.secrets.files import load_public_keys

__all__ = ["DemoIdentityError", "IdentityMissingError", "SecretsError", "load_public_keys"]
