"""Connectivity as an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import pytest

from calicoctl.printers.connectivity.result import ConnectivityResult
from tests.support.connectivity_answers import NASTY_NAME, SHOP, make_result, profile, render, rule


class PageText(HTMLParser):
    """Tags, attribute names and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def result_with_nasty_names(count: int) -> ConnectivityResult:
    some = [profile(f"p{n}", [rule()], [rule()], k=f"{NASTY_NAME}{n}") for n in range(count)]
    closed = [profile(f"q{n}", [rule(protocol=n + 50)], [], k=f"{n}") for n in range(count)]
    return make_result([*some, *closed], "label", "k", basis=NASTY_NAME, notes=[NASTY_NAME])


@pytest.mark.parametrize("count", [1, 8])
def test_names_never_become_markup(count: int) -> None:
    """Check the flow and the matrix."""
    root = Xml.fromstring(render("svg", result_with_nasty_names(count)))
    assert "script" not in {one.tag.rpartition("}")[2] for one in root.iter()}
    page = PageText(render("html", result_with_nasty_names(count)))
    assert page.tags.count("script") == 1
    assert page.tags.count("style") == 1
    assert not {name for name in page.attributes if name.startswith("on") or name in {"href", "src", "style"}}
    assert "<script>alert(1)</script>" in page.text
    assert "\x1b" not in page.text


def test_a_page_is_complete_without_its_script() -> None:
    page = PageText(render("html", make_result(SHOP, notes=["something to know"])))
    for words in (
        "6 groups, 3 rows",
        "profile/web",
        "tcp 3306",
        "workloadEndpoint/n/o/w/web2 (192.168.0.9)",
        "something to know",
    ):
        assert words in page.text
