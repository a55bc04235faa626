"""Text for XML."""

from __future__ import annotations

import re

_INVALID_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def replace_invalid_xml(text: str) -> str:
    """Replace the characters that are not allowed in XML 1.0 (section 2.2)."""
    return _INVALID_XML_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
