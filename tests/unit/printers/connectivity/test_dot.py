"""Connectivity as a Graphviz graph."""

from __future__ import annotations

import re
import shutil
import subprocess

from tests.support.connectivity_answers import MYSQL, NASTY_NAME, make_result, profile, render, rule


def test_dot_has_nodes_and_edges() -> None:
    text = render("dot", make_result([profile("db", [MYSQL], role="db"), profile("web", [], [rule()], role="web")]))
    assert text.splitlines()[1] == r'  label="Allowed traffic, by profile\na.yaml: this and that";'
    assert text.splitlines()[5:] == [
        '  n0 [label="profile/db", tooltip="profile/db"];',
        '  n1 [label="profile/web", tooltip="profile/web"];',
        '  n2 [label="outside", tooltip="outside", style="dashed,rounded"];',
        '  n1 -> n0 [label="tcp 3306"];',
        '  n1 -> n2 [label="all"];',
        "}",
    ]


def test_dot_syntax_is_valid_with_special_characters_in_names() -> None:
    text = render("dot", make_result([profile("p", [rule()], [rule()], k=NASTY_NAME)], "label", "k", basis=NASTY_NAME))
    string = r'"(?:[^"\\\n]|\\.)*"'
    bare = re.sub(string, "T", text)
    assert '"' not in bare
    for line in bare.splitlines()[1:-1]:
        assert re.fullmatch(r"  (\w+( -> \w+)? )?(\[\w+=\w+(, \w+=[\w#]+)*\]|label=T);", line), line
    if dot := shutil.which("dot"):
        subprocess.run([dot, "-Tsvg"], input=text, text=True, check=True, capture_output=True, timeout=60)
