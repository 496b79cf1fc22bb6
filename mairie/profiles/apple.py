"""Configuration profiles of Apple's systems (Apple, Device Management: Wi-Fi, 802.1X)."""

from __future__ import annotations

import plistlib
from typing import Any

from mairie.profiles.access import EAP_TLS, PEAP, Access


def mobileconfig(access: Access) -> bytes:
    """Return a ``.mobileconfig``: opened on the device, it sets everything up.

    The password is not in it: the device asks for it once. A certificate is, under its passphrase.
    """
    base = ".".join(reversed(access.server_name.split(".")))
    root = _payload(access, "com.apple.security.root", f"{base}.authority")
    content = [root | {"PayloadContent": access.authority_der}]
    client: dict[str, Any] = {
        "AcceptEAPTypes": [PEAP if access.pkcs12 is None else EAP_TLS],
        "PayloadCertificateAnchorUUID": [root["PayloadUUID"]],
        "TLSTrustedServerNames": [access.server_name],
        "TLSMinimumVersion": "1.2",
        "UserName": access.login,
    }
    key: dict[str, str] = {}
    if access.pkcs12 is not None:
        identity = _payload(access, "com.apple.security.pkcs12", f"{base}.{access.login}")
        content.append(identity | {"PayloadContent": access.pkcs12})
        key = {"PayloadCertificateUUID": identity["PayloadUUID"]}
    for number, ssid in enumerate(access.ssids, 1):
        wifi = _payload(access, "com.apple.wifi.managed", f"{base}.wifi{number}")
        content.append(
            wifi
            | key
            | {
                "SSID_STR": ssid,
                "HIDDEN_NETWORK": False,
                "AutoJoin": True,
                "EncryptionType": "WPA2",
                "EAPClientConfiguration": client,
                "PayloadDisplayName": ssid,
            }
        )
    profile = _payload(access, "Configuration", base)
    return plistlib.dumps(
        profile
        | {
            "PayloadContent": content,
            "PayloadDisplayName": f"Wi-Fi {access.commune}",
            "PayloadOrganization": access.organisation,
            "PayloadDescription": f"Wi-Fi des agents, pour {access.login}",
            "PayloadRemovalDisallowed": False,
        }
    )


def _payload(access: Access, kind: str, identifier: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": access.identifier(kind, identifier),
    }
