"""The pieces of a split text have the documents of the whole text, or one piece has a problem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from calicoctl.manifest import MappingNode, Node, SequenceNode, Source, read_nodes
from calicoctl.manifest.split import partition, split_sources

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


def shape_of(node: Node, line: int) -> Any:
    """Return all attributes of a node, with its position."""
    if isinstance(node, MappingNode):
        what: Any = [(shape_of(key, line), shape_of(value, line)) for key, value in node.entries.values()]
    elif isinstance(node, SequenceNode):
        what = [shape_of(item, line) for item in node.items]
    else:
        what = (node.text, node.tag)
    return type(node).__name__, line + node.line, node.column, node.alias, what


def parse_all(sources: list[Source]) -> tuple[list[Any], list[str]]:
    """Return the items of all lists, the other nodes, and the problems."""
    found: list[Any] = []
    wrong: list[str] = []
    for source in sources:
        roots, problems = read_nodes(source)
        wrong += map(str, problems)
        for root in roots:
            found += (
                shape_of(node, source.line_offset)
                for node in (root.items if isinstance(root, SequenceNode) else [root])
            )
    return found, wrong


@settings(max_examples=1000)
@given(TEXTS, st.integers(1, 20))
def test_the_pieces_are_equal_to_the_whole(text: str, length: int) -> None:
    source = Source("-", text)
    pieces = list(split_sources([source], length))
    assert "".join(piece.text for piece in pieces) == text
    read_in_pieces, problems = parse_all(pieces)
    event(f"{min(len(pieces), 4)} pieces, {'a problem' if problems else 'none'}")
    if not problems:
        assert (read_in_pieces, []) == parse_all([source])


LIST = "# policies\n\n" + "- a: 1\n  b: [1, 2]\n" * 50
STREAM = "---\na: 1\nb: 2\n" * 50


@pytest.mark.parametrize("text", [LIST, STREAM, f"--- # c\n{LIST}", LIST.replace("\n", "\r\n")])
def test_a_long_list_or_stream_is_split_into_pieces_of_similar_length(text: str) -> None:
    pieces = list(split_sources([Source("a", text, 7)], 100))
    lengths = [len(piece.text) for piece in pieces]
    assert min(lengths[:-1]) >= 100
    assert max(lengths) <= 120
    assert sum(lengths) == len(text)
    assert parse_all(pieces) == parse_all([Source("a", text, 7)])


@pytest.mark.parametrize(
    "text",
    [
        LIST.replace("a: 1", "a: &x 1", 1),
        LIST.replace("\n", "\r"),
        f"{LIST}...\n{LIST}",
        f"kind: policyList\nitems:\n{LIST}",
        f"%YAML 1.2\n---\n{LIST}",
        f"{{}}\n{STREAM}",
        f"--- {{}}\n{LIST}",
    ],
)
def test_text_with_spanning_constructs_is_not_split(text: str) -> None:
    for source in (Source("a", text), Source("a.json", LIST)):
        assert list(split_sources([source], 100)) == [source]


@pytest.mark.parametrize("lengths", [[], [0], [0, 0, 1], [1] * 10, [100, 1, 1, 1], [1, 1, 1, 100, 0]])
def test_groups_keep_the_order(lengths: list[int]) -> None:
    pieces = [Source(str(number), "x" * length) for number, length in enumerate(lengths)]
    groups = partition(pieces, 4)
    assert len(groups) <= 4
    assert [piece for group in groups for piece in group] == pieces
    assert all(groups)
    assert not any(len(group) > 4 for group in groups if lengths == [1] * 10)
