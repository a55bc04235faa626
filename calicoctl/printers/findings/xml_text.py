"""Text that XML can hold."""

from __future__ import annotations

import re

_INVALID_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def replace_invalid_xml(text: str) -> str:
    """The text without the characters that XML 1.0 (2.2) can't hold at all."""
    return _INVALID_XML_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
