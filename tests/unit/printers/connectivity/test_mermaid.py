"""Connectivity as a Mermaid graph."""

from __future__ import annotations

import re

from tests.support.connectivity_answers import MYSQL, NASTY_NAME, make_result, profile, render, rule


def test_mermaid_has_nodes_and_edges() -> None:
    text = render("mermaid", make_result([profile("db", [MYSQL], role="db"), profile("web", [], [rule()], role="web")]))
    assert text.splitlines() == [
        "flowchart LR",
        "  accTitle: Allowed traffic, by profile",
        "  accDescr: a.yaml: this and that",
        '  n0["profile/db"]',
        '  n1["profile/web"]',
        '  n2(["outside"])',
        '  n1 -->|"tcp 3306"| n0',
        '  n1 -->|"all"| n2',
    ]


def test_special_characters_are_escaped() -> None:
    text = render(
        "mermaid", make_result([profile("p", [rule()], [rule()], k=NASTY_NAME)], "label", "k", basis=NASTY_NAME)
    )
    assert re.findall(r"[<>`%{}\\&\x1b]", text.replace("-->", "")) == []
    (box,) = re.findall(r'^  n0\["(.*)"\]$', text, re.MULTILINE)
    assert re.sub(r"#(\d+);", lambda match: chr(int(match[1])), box) == f"k={NASTY_NAME}"
