"""Resources as tables."""

from __future__ import annotations

import pytest

from calicoctl.resource import Resource
from tests.support.printed_resources import DB, LONG, WEB, get_kind, make_resource, render

TABLES = [
    ("ps", [WEB, LONG], "NAME\nweb\nlong-name\n"),
    ("wide", [WEB, LONG], "NAME        TAGS\nweb         a,b\nlong-name\n"),
    ("wide", [DB], "NAME   ORDER           SELECTOR\ndb     1.2345675e+06   role == 'db'\n"),
    ("custom-columns=tags, NAME", [WEB, LONG], "TAGS   NAME\na,b    web\n       long-name\n"),
    ("name", [WEB, DB], "profile/web\npolicy/db\n"),
    ("ps", [WEB, DB], "KIND      NAME\nprofile   web\n\nKIND     NAME\npolicy   db\n"),
]


@pytest.mark.parametrize(
    ("form", "resources", "text"), TABLES, ids=[f"{row[0]}-{index}" for index, row in enumerate(TABLES)]
)
def test_tables(form: str, resources: list[Resource], text: str) -> None:
    assert [line.rstrip() for line in render(form, *resources).splitlines()] == text.splitlines()


@pytest.mark.parametrize(
    ("form", "text"), [("ps", "NAME\n"), ("wide", "NAME   TAGS\n"), ("yaml", "[]\n"), ("json", "[]\n"), ("name", "")]
)
def test_tables_without_resources(form: str, text: str) -> None:
    lines = render(form, kinds=[get_kind("profile")]).splitlines()
    assert [line.rstrip() for line in lines] == text.splitlines()


@pytest.mark.parametrize(
    ("character", "escaped"),
    [("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x1b", "\\x1b"), ("\x85", "\\x85"), ("\u2028", "\\u2028")],
)
def test_control_characters_are_escaped(character: str, escaped: str) -> None:
    text = render("wide", make_resource("policy", {"name": "a"}, {"selector": f"a == 'b{character}c'"}))
    assert [line.rstrip() for line in text.splitlines()] == [
        "NAME   ORDER   SELECTOR",
        f"a      <nil>   a == 'b{escaped}c'",
    ]
