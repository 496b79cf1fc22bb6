"""WLAN profiles of Windows (Microsoft, WLAN_profile schema; EapHostConfig, PEAP and EAP-TLS).

``netsh wlan add profile filename=…`` takes one; it holds one SSID. The authority's certificate and,
for EAP-TLS, the person's are installed beside it.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from mairie.profiles.access import EAP_TLS, MSCHAPV2, PEAP, Access
from mairie.profiles.xml import add_text

_WLAN: Final = "http://www.microsoft.com/networking/WLAN/profile/v1"
_ONEX: Final = "http://www.microsoft.com/networking/OneX/v1"
_HOST: Final = "http://www.microsoft.com/provisioning/EapHostConfig"
_COMMON: Final = "http://www.microsoft.com/provisioning/EapCommon"
_BASE: Final = "http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1"
_PEAP: Final = "http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV1"
_CHAP: Final = "http://www.microsoft.com/provisioning/MsChapV2ConnectionPropertiesV1"
_TLS: Final = "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1"


def wlan_profile(access: Access, ssid: str) -> bytes:
    """Return the profile of one SSID, in XML; no secret is in it."""
    root = ET.Element("WLANProfile", xmlns=_WLAN)
    add_text(root, "name", ssid)
    each = ET.SubElement(ET.SubElement(root, "SSIDConfig"), "SSID")
    add_text(each, "hex", ssid.encode().hex().upper())
    add_text(each, "name", ssid)
    add_text(root, "connectionType", "ESS")
    add_text(root, "connectionMode", "auto")
    security = ET.SubElement(ET.SubElement(root, "MSM"), "security")
    encryption = ET.SubElement(security, "authEncryption")
    add_text(encryption, "authentication", "WPA2")
    add_text(encryption, "encryption", "AES")
    add_text(encryption, "useOneX", "true")
    onex = ET.SubElement(security, "OneX", xmlns=_ONEX)
    add_text(onex, "authMode", "user")
    host = ET.SubElement(ET.SubElement(onex, "EAPConfig"), "EapHostConfig", xmlns=_HOST)
    method = ET.SubElement(host, "EapMethod")
    kind = PEAP if access.pkcs12 is None else EAP_TLS
    for name, value in (("Type", kind), ("VendorId", 0), ("VendorType", 0), ("AuthorId", 0)):
        ET.SubElement(method, name, xmlns=_COMMON).text = str(value)
    config = ET.SubElement(host, "Config", xmlns=_HOST)
    if access.pkcs12 is None:
        _peap(config, access)
    else:
        _tls(config, access)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _peap(config: ET.Element, access: Access) -> None:
    eap = _eap(config, PEAP)
    peap = ET.SubElement(eap, "EapType", xmlns=_PEAP)
    _validation(peap, access)
    add_text(peap, "FastReconnect", "true")
    add_text(peap, "InnerEapOptional", "false")
    chap = ET.SubElement(_eap(peap, MSCHAPV2), "EapType", xmlns=_CHAP)
    add_text(chap, "UseWinLogonCredentials", "false")
    add_text(peap, "EnableQuarantineChecks", "false")
    add_text(peap, "RequireCryptoBinding", "false")


def _tls(config: ET.Element, access: Access) -> None:
    tls = ET.SubElement(_eap(config, EAP_TLS), "EapType", xmlns=_TLS)
    store = ET.SubElement(ET.SubElement(tls, "CredentialsSource"), "CertificateStore")
    add_text(store, "SimpleCertSelection", "true")
    _validation(tls, access)
    add_text(tls, "DifferentUsername", "false")


def _eap(parent: ET.Element, kind: int) -> ET.Element:
    eap = ET.SubElement(parent, "Eap", xmlns=_BASE)
    add_text(eap, "Type", str(kind))
    return eap


def _validation(parent: ET.Element, access: Access) -> None:
    """Trust this server of this authority alone, and never ask the person to decide."""
    validation = ET.SubElement(parent, "ServerValidation")
    add_text(validation, "DisableUserPromptForServerValidation", "true")
    add_text(validation, "ServerNames", access.server_name)
    pairs = bytes.fromhex(access.thumbprint).hex(" ")
    add_text(validation, "TrustedRootCA", pairs)
