"""Connectivity as SVG: flow, and matrix when there are many groups."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers.connectivity.graph import make_graph
from tests.support.connectivity_answers import SHOP, make_result, many_groups, render

SVG = "{http://www.w3.org/2000/svg}"


def text_contents(root: Xml.Element, class_: str) -> list[str]:
    found = [one for one in root.iter() if class_ in (one.get("class") or "").split()]
    return ["".join(one.itertext()) for one in found if one.tag == f"{SVG}text"]


def test_few_rows_are_drawn_as_a_flow() -> None:
    root = Xml.fromstring(render("svg", make_result(SHOP)))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root.findtext(f"{SVG}title") == "Allowed traffic, by profile"
    assert "profile/web \N{RIGHTWARDS ARROW} profile/db: tcp 3306." in (root.findtext(f"{SVG}desc") or "")
    flows = [one for one in root.iter(f"{SVG}g") if "flow" in (one.get("class") or "").split()]
    assert sorted(one.get("data-rows") or "" for one in flows) == ["0", "1", "2"]
    assert sorted(text_contents(root, "services")) == ["all", "tcp 3306", "tcp 443"]
    assert text_contents(root, "name").count("profile/db") == 1
    assert "No traffic is allowed from or to profile/idle." in text_contents(root, "muted")


@pytest.mark.parametrize("count", [9, 12, 50])
def test_many_rows_are_drawn_as_a_matrix_with_a_cell_for_each_pair(count: int) -> None:
    result = make_result(many_groups(count))
    root = Xml.fromstring(render("svg", result))
    cells = {
        (one.get("data-from"), one.get("data-to")): one.findtext(f"{SVG}title")
        for one in root.iter(f"{SVG}g")
        if "cell" in (one.get("class") or "").split()
    }
    graph = make_graph(result.connectivity)
    assert cells.keys() == {(str(source), str(destination)) for source, destination in graph.edges}
    arrow = "\N{RIGHTWARDS ARROW}"
    assert cells["1", "2"] == f"profile/p001 {arrow} profile/p002: tcp 3"
    heads = [one for one in root.iter(f"{SVG}g") if "head" in (one.get("class") or "").split()]
    assert len(heads) == 2 * len(graph.boxes)
    if count > 9:
        numbers = text_contents(root, "number")
        assert len(set(numbers)) == len({title.rpartition(": ")[2] for title in cells.values() if title})


def test_a_picture_is_self_contained_and_has_a_dark_mode() -> None:
    text = render("svg", make_result(many_groups(12)))
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src|url|@import)", text) == []
    for used in set(re.findall(r"var\((--\w+)\)", text)):
        assert len(re.findall(rf"{used}: #", text)) >= 1, used


def test_a_picture_that_is_too_large_is_rejected_and_omitted_from_the_page() -> None:
    result = make_result(many_groups(401))
    with pytest.raises(UsageError, match="rows and columns"):
        render("svg", result)
    page = render("html", result)
    assert "Too many groups for a picture" in page
    assert "profile/p400" in page
