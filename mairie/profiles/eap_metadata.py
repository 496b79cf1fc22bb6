"""EAP metadata (draft-winter-opsawg-eap-metadata-02): Android has no file of its own for this.

``.eap-config`` is opened by the application geteduroam, which works for any network on Android.
"""

from __future__ import annotations

import base64
from typing import Final
from xml.etree import ElementTree as ET

from mairie.profiles.access import EAP_TLS, MSCHAPV2, PEAP, Access
from mairie.profiles.xml import add_text

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def eap_config(access: Access) -> bytes:
    """Return an ``.eap-config``: the person's password is asked for, a certificate is inside."""
    root = ET.Element(
        "EAPIdentityProviderList",
        {"xmlns:xsi": _XSI, "xsi:noNamespaceSchemaLocation": "eap-metadata.xsd"},
    )
    realm = access.server_name.partition(".")[2]
    provider = ET.SubElement(root, "EAPIdentityProvider", ID=realm, namespace="urn:RFC4282:realm")
    methods = ET.SubElement(provider, "AuthenticationMethods")
    method = ET.SubElement(methods, "AuthenticationMethod")
    kind = PEAP if access.pkcs12 is None else EAP_TLS
    add_text(ET.SubElement(method, "EAPMethod"), "Type", str(kind))
    server = ET.SubElement(method, "ServerSideCredential")
    authority = ET.SubElement(server, "CA", format="X.509", encoding="base64")
    authority.text = base64.b64encode(access.authority_der).decode()
    add_text(server, "ServerID", access.server_name)
    client = ET.SubElement(method, "ClientSideCredential")
    add_text(client, "OuterIdentity", access.login)
    if access.pkcs12 is None:
        inner = ET.SubElement(method, "InnerAuthenticationMethod")
        add_text(ET.SubElement(inner, "EAPMethod"), "Type", str(MSCHAPV2))
        add_text(client, "UserName", access.login)
    else:
        certificate = ET.SubElement(client, "ClientCertificate", format="PKCS12", encoding="base64")
        certificate.text = base64.b64encode(access.pkcs12).decode()
    applicability = ET.SubElement(provider, "CredentialApplicability")
    for ssid in access.ssids:
        network = ET.SubElement(applicability, "IEEE80211")
        add_text(network, "SSID", ssid)
        add_text(network, "MinRSNProto", "CCMP")
    about = ET.SubElement(provider, "ProviderInfo")
    add_text(about, "DisplayName", f"Wi-Fi {access.commune}")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
