"""Corrections of misspelled words: one or two edits, and never another meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from calicoctl.suggestion import suggestion

FIELDS = ("ingress", "egress", "order", "selector", "types", "ports", "notPorts", "net", "nets", "tag")
PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "sctp", "udplite")

CASES: list[tuple[str, Iterable[str] | Mapping[str, str], str | None]] = [
    # case and separators
    ("Order", FIELDS, "order"),
    ("not_ports", FIELDS, "notPorts"),
    ("natOutgoing", ("nat-outgoing",), "nat-outgoing"),
    # one edit of each type, and two of a long word
    ("policyy", ("policy",), "policy"),
    ("polisy", ("policy",), "policy"),
    ("explian", ("explain",), "explain"),
    ("conectivty", ("connectivity",), "connectivity"),
    # another letter in a short word, or at the start, is another word
    ("exit", ("edit",), None),
    ("audit", ("edit",), None),
    ("seat", ("set",), None),
    ("report", ("export",), None),
    ("invalidate", ("validate",), None),
    ("ingres", FIELDS, "ingress"),
    ("orderr", FIELDS, "order"),
    ("port", FIELDS, "ports"),
    ("slector", FIELDS, "selector"),
    ("selectro", FIELDS, "selector"),
    ("selekctor", FIELDS, "selector"),
    ("sleekctor", FIELDS, "selector"),
    ("tpc", PROTOCOLS, "tcp"),
    ("tcpp", PROTOCOLS, "tcp"),
    # three edits, or too many for a short word
    ("enabled", ("disabled",), None),
    ("namespaceSelector", ("selector", "notSelector"), None),
    ("xyz", PROTOCOLS, None),
    ("tcq6", PROTOCOLS, None),
    ("to", ("tcp",), None),
    ("", ("", "a"), None),
    # other digits have another meaning
    ("icmpv4", PROTOCOLS, None),
    ("icmp6", PROTOCOLS, "icmpv6"),
    ("ipv5Address", ("ipv4Address", "ipv6Address"), None),
    ("ipAddress", ("ipv4Address", "ipv6Address"), None),
    ("web-1", ("web-2",), None),
    # equally similar words
    ("ngress", ("ingress", "egress"), None),
    ("egres", ("ingress", "egress"), "egress"),
    # words with a replacement
    ("polisies", {"policy": "policy", "policies": "policy"}, "policy"),
    ("polic", {"policy": "policy", "police": "policy"}, "policy"),
    ("its-name", ("it's-name",), "it's-name"),
]


@pytest.mark.parametrize(("word", "known", "expected"), CASES)
def test_a_word_is_corrected_only_to_a_word_of_the_same_meaning(
    word: str, known: Iterable[str] | Mapping[str, str], expected: str | None
) -> None:
    assert suggestion(word, known) == ("" if expected is None else f" (did you mean {expected!r}?)")
