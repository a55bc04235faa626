"""Patterns of formats, for editors: they match every valid text, and few others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.schema.format_patterns import FORMAT_PATTERNS
from calicoctl.schema.formats import FORMATS
from tests.support.strategies import values_of_schema


def test_every_format_but_selectors_has_a_pattern() -> None:
    assert {*FORMAT_PATTERNS, "selector"} == FORMATS.keys()


@given(data=st.data(), name=st.sampled_from([*FORMAT_PATTERNS]))
def test_the_pattern_matches_every_text_of_the_format(data: st.DataObject, name: str) -> None:
    text = data.draw(values_of_schema({"type": "string", "format": name}))
    assert re.search(FORMAT_PATTERNS[name], text)


@pytest.mark.parametrize("text", ["0011.2233.4455", "00-11-22-33-44-55", "00:11:22:33:44:55:66:77"])
def test_the_pattern_matches_every_form_of_mac_address(text: str) -> None:
    assert FORMATS["mac"](text) is None
    assert re.search(FORMAT_PATTERNS["mac"], text)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "network",
            ("", "abc", "10.0.0/8", "256.0.0.1", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "010.0.0.1", "fd00"),
        ),
        ("address", ("", "10.0.0.0/8", "host", "1.2.3.4.5", "::/0", "fe80::1%eth0")),
        ("port", ("", "0", "65536", "http", "1:", ":1", "1-2", "0:10", "1:70000")),
        ("as-number", ("", "x", "1.", "65536.1", "1.65536", "-1", "12345678901")),
        ("mac", ("", "0", "001122334455", "g0:11:22:33:44:55")),
    ],
)
def test_the_pattern_does_not_match_common_mistakes(name: str, texts: tuple[str, ...]) -> None:
    assert [text for text in texts if re.search(FORMAT_PATTERNS[name], text) or FORMATS[name](text) is None] == []
