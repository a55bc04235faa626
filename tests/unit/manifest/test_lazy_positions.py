"""Positions on demand equal those of the whole manifest."""

from __future__ import annotations

import pytest

from calicoctl.errors import Position
from calicoctl.kinds import KINDS
from calicoctl.manifest import LazyPositions, Source, load
from calicoctl.manifest.v3_lists import flatten_list

KIND_NAMES = [kind.name for kind in KINDS]
PATHS: list[tuple[str | int, ...]] = [(), ("kind",), ("metadata", "name"), ("spec", "order"), ("spec", "ingress", 1)]

ITEMS = """\
# first
- kind: policy
  metadata: {name: a}
  spec:
    ingress:
    - action: allow
    - action: deny
# between
- kind: policy
  metadata:
    name: b
  spec: {order: 5}
"""
DOCUMENTS = "---\nkind: policy\nmetadata:\n  name: a\n---\n\n---\nkind: node\nmetadata:\n  name: b\n...\n"
KUBECTL_LIST = """\
apiVersion: v1
kind: List
items:
  - kind: policy
    metadata: {name: a}
  -
    kind: policy
    metadata: {name: b}
metadata: {}
"""
ANCHORS = "- &a\n  kind: policy\n  metadata: &m {name: a}\n- *a\n- kind: policy\n  metadata:\n    <<: *m\n"
ONE_LINE = "[{kind: policy, metadata: {name: a}}, {kind: policy, metadata: {name: b}}]\n"
TYPED_LIST = "kind: GlobalNetworkPolicyList\napiVersion: projectcalico.org/v3\nitems:\n- metadata:\n    name: a\n"
QUOTED = "- kind: policy\n  metadata:\n    name: 'a\n\n- kind: policy'\n- kind: policy\n  metadata:\n    name: b\n"
TEXTS = {
    "items": ITEMS,
    "documents": DOCUMENTS,
    "kubectl list": KUBECTL_LIST,
    "anchors": ANCHORS,
    "one line": ONE_LINE,
    "typed list": TYPED_LIST,
    "quoted": QUOTED,
    "CRLF": ITEMS.replace("\n", "\r\n"),
    "CR": ITEMS.replace("\n", "\r"),
    "many lines": "# line\n" * 30_000 + ITEMS,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_positions_equal_those_of_the_whole_manifest(text: str) -> None:
    source = Source("m.yaml", text)
    documents = [item for document in load([source], KIND_NAMES).documents for item in flatten_list(document, [])]
    starts = [document.position(document.node) for document in documents]
    positions = LazyPositions([source], KIND_NAMES, starts)
    assert documents
    for document, start in zip(documents, starts, strict=True):
        located = [positions.locate_field(start, path) for path in PATHS]
        assert located == [document.locate_field(path) for path in PATHS]


def test_unknown_start_is_its_own_position() -> None:
    positions = LazyPositions([Source("m.yaml", ITEMS)], KIND_NAMES, [])
    assert positions.locate_field(Position("m.yaml", 3, 2), ("kind",)) == Position("m.yaml", 3, 2)
    assert positions.locate_field(Position("other.yaml", 3, 2), ("kind",)) == Position("other.yaml", 3, 2)
    assert positions.locate_field(None, ("kind",)) == Position("-")
