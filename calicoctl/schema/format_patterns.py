"""Formats as regular expressions, for programs that do not have the formats of calicoctl.

A pattern matches every text of the format, and few others: the order of a range and the groups of an IPv6 address are
not checked. Selectors have no pattern.
"""

from __future__ import annotations

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"({_BYTE}\.){{3}}{_BYTE}"
_IPV6 = rf"[0-9A-Fa-f]{{0,4}}(:[0-9A-Fa-f]{{0,4}}){{2,8}}({_BYTE}(\.{_BYTE}){{3}})?"
_IPV4_LENGTH = "(0{0,2}[0-9]|0?[12][0-9]|0?3[0-2])"
_IPV6_LENGTH = "(0{0,2}[0-9]|0?[1-9][0-9]|1[01][0-9]|12[0-8])"
_PORT = "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HALF_AS_NUMBER = f"(0+|{_PORT})"

FORMAT_PATTERNS = {
    "network": f"^({_IPV4}(/{_IPV4_LENGTH})?|{_IPV6}(/{_IPV6_LENGTH})?)$",
    "address": f"^({_IPV4}|{_IPV6})$",
    "port": f"^{_PORT}(:{_PORT})?$",
    "as-number": rf"^([0-9]{{1,10}}|{_HALF_AS_NUMBER}\.{_HALF_AS_NUMBER})$",
    "mac": "^[0-9A-Fa-f]{2,4}([:.-][0-9A-Fa-f]{2,4})+$",
}
"""Regular expression for each format (ECMA 262)."""
