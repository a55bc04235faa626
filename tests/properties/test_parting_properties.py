"""A text that is cut into parts says in these what it says in the whole, or one of them has a problem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from calicoctl.manifest import Mapping, Node, Sequence, Source, read_nodes
from calicoctl.manifest.parting import parted

LINES = (
    "- a: 1|- b|-|- - c|  - d|  x: y|x: y|- 'q|q'|- \"q|q\"|'|---|--- |--- # c|---\t|--- {a: 1}|--- [|--- - a|---x: 1|"
    "- [|]|- {a: 1,|b: 2}|- x: >|- y: |-|   text|- z: |2|# c|  # c||  |\t|- &a x|- *a|%YAML 1.2|...|-x|? x|: y|"
    "- a && b|- has(x) &&b|- !!str 1|- ? x|{|}|[a]|foo"
)
TEXTS = st.builds(
    lambda lines, line_break: line_break.join([*lines, ""]),
    st.lists(st.sampled_from(LINES.split("|")) | st.just("- a: 1"), min_size=2, max_size=12),
    st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\u2028"]),
)


def described(node: Node) -> Any:
    """All there is to a node, with its place."""
    if isinstance(node, Mapping):
        what: Any = [(described(key), described(value)) for key, value in node.entries.values()]
    elif isinstance(node, Sequence):
        what = [described(item) for item in node.items]
    else:
        what = (node.text, node.tag)
    return type(node).__name__, node.line, node.column, node.alias, what


def read(sources: list[Source]) -> tuple[list[Any], list[str]]:
    """The items of all lists, what stands beside lists, and what is wrong."""
    found: list[Any] = []
    wrong: list[str] = []
    for source in sources:
        roots, problems = read_nodes(source)
        wrong += map(str, problems)
        for root in roots:
            found += map(described, root.items if isinstance(root, Sequence) else [root])
    return found, wrong


@settings(max_examples=1000)
@given(TEXTS, st.integers(2, 5))
def test_the_parts_say_what_the_whole_says(text: str, count: int) -> None:
    source = Source("-", text)
    parts = parted([source], count)
    assert len(parts) <= count
    read_in_parts, problems = read([part for [part] in parts])
    event(f"{len(parts)} parts, {'a problem' if problems else 'none'}")
    if not problems:
        assert (read_in_parts, []) == read([source])


LIST = "# policies\n\n" + "- a: 1\n  b: [1, 2]\n" * 50
STREAM = "---\na: 1\nb: 2\n" * 50


@pytest.mark.parametrize("text", [LIST, STREAM, f"--- # c\n{LIST}", LIST.replace("\n", "\r\n")])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_long_list_or_stream_is_cut_into_parts_of_about_the_same_length(text: str, count: int) -> None:
    parts = parted([Source("a", text)], count)
    assert len(parts) == count
    lengths = [len(part.text.lstrip("\n")) for [part] in parts]
    assert sum(lengths) == len(text)
    assert max(lengths) - min(lengths) < 100
    assert read([part for [part] in parts]) == read([Source("a", text)])


@pytest.mark.parametrize(
    "text",
    [
        LIST.replace("a: 1", "a: &x 1", 1),
        LIST.replace("\n", "\r"),
        LIST + "...\n" + LIST,
        "kind: policyList\nitems:\n" + LIST,
        "%YAML 1.2\n---\n" + LIST,
        "{}\n" + STREAM,
        "--- {}\n" + LIST,
    ],
)
def test_what_reaches_across_parts_is_not_cut(text: str) -> None:
    assert parted([Source("a", text)], 2) == [[Source("a", text)]]
    assert parted([Source("a.json", LIST)], 2) == [[Source("a.json", LIST)]]


def test_many_sources_stay_in_their_order() -> None:
    sources = [Source(f"{number}.yaml", "a: 1\n") for number in range(10)]
    parts = parted(sources, 4)
    assert [len(part) for part in parts] == [2, 2, 2, 4] or max(map(len, parts)) <= 4
    assert [source for part in parts for source in part] == sources
    assert parted([], 4) == []
