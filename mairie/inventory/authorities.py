"""``authorities/<name>.pem``: who signs certificates of operators that no public one does.

One file, one or more certificates; what stands around them in the file is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mairie.inventory.named_files import named_files
from mairie.inventory.problems import Problem
from mairie.inventory.yaml_nodes import Document, read_text

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FOLDER: Final = "authorities"
MAX_BYTES: Final = 20_000
"""It travels to the telephone host with each deploy."""
_BLOCK: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?"
)


def authorities(folder: Path, problems: list[Problem]) -> Mapping[str, str]:
    """Read the authorities of an inventory; what is wrong goes to ``problems``.

    Args:
        folder: of the inventory.
        problems: gets one for each thing that is wrong.

    Returns:
        certificates in PEM, one after the other, by name of their file.

    """
    found: dict[str, str] = {}
    for name, path in named_files(folder / FOLDER, "pem", "ort", problems):
        document = Document(str(path))
        text = read_text(path, document)
        problems.extend(document.problems)
        if text is None:
            continue
        text = text.replace("\r\n", "\n")
        wrong = list(_wrong(text))
        problems.extend(Problem(str(path), line, "", message) for line, message in wrong)
        if not wrong:
            found[name] = "".join(f"{block.strip()}\n" for block in _BLOCK.findall(text))
    return found


def parsed(certificates: str) -> list[Certificate]:
    """Return the certificates of a text in PEM, in order."""
    from cryptography.x509 import (  # noqa: PLC0415 - slow, and only where there are such files
        load_pem_x509_certificates,
    )

    return load_pem_x509_certificates(certificates.encode())


def _wrong(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of what makes a text no authority."""
    if "PRIVATE KEY" in text:
        line = 1 + text[: text.index("PRIVATE KEY")].count("\n")
        yield line, "holds a private key; keep the certificates alone, and tell whoever sent it"
        return
    if len(text.encode()) > MAX_BYTES:
        yield 1, f"is larger than {MAX_BYTES // 1000} kB; keep the operator's own authority alone"
        return
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        yield (
            1,
            "holds no certificate in PEM (-----BEGIN CERTIFICATE-----); another format is changed "
            "with openssl x509 -inform der",
        )
    for block in blocks:
        line = 1 + text[: block.start()].count("\n")
        try:
            (certificate,) = parsed(block[0])
        except ValueError:
            yield line, "the certificate is damaged; ask the operator for it again"
            continue
        if not _signs(certificate):
            name = certificate.subject.rfc4514_string()
            yield (
                line,
                f'"{name}" is the certificate of a server, which changes; write that of the '
                "authority which signs it",
            )


def _signs(certificate: Certificate) -> bool:
    from cryptography.x509 import BasicConstraints, ExtensionNotFound  # noqa: PLC0415 - the same

    try:
        return certificate.extensions.get_extension_for_class(BasicConstraints).value.ca
    except ExtensionNotFound:
        return False
