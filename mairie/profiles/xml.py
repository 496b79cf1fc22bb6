"""Elements of XML profiles."""

from __future__ import annotations

import xml.etree.ElementTree as ET


def add_text(parent: ET.Element, name: str, text: str) -> None:
    """Add an element that holds a text."""
    ET.SubElement(parent, name).text = text
