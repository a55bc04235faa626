"""Positions of values and keys in a text."""

from __future__ import annotations

import pytest

from calicoctl.errors import Position
from calicoctl.manifest import Document
from calicoctl.manifest.nodes import ScalarNode
from tests.support.documents import parse_documents

# --- places ------------------------------------------------------------------------------------------------

PLACES = """\
kind: policy
metadata: {name: &n é, "x y": 1}
spec:
  ingress:
  - &rule
    action: allow
    source: {nets: [a, b]}
  - *rule
  - <<: *rule
    action: deny
"""


WHERE: list[tuple[tuple[str | int, ...], bool, tuple[int, int]]] = [
    ((), False, (1, 1)),
    (("kind",), False, (1, 7)),
    (("kind",), True, (1, 1)),
    (("metadata",), False, (2, 11)),
    (("metadata", "x y"), False, (2, 31)),
    (("metadata", "x y"), True, (2, 24)),
    (("spec", "ingress", 0, "source", "nets", 1), False, (7, 24)),
    # a missing field has the position of its parent
    (("metadata", "tags"), False, (2, 11)),
    (("spec", "egress", 5, "action"), False, (4, 3)),
    (("spec", "ingress", 7), False, (5, 3)),
    (("nothing",), True, (1, 1)),
    # fields of an alias have the position of the alias
    (("spec", "ingress", 1), False, (8, 5)),
    (("spec", "ingress", 1, "action"), False, (8, 5)),
    (("spec", "ingress", 1, "source", "nets", 1), False, (8, 5)),
    (("spec", "ingress", 1, "action"), True, (8, 5)),
    (("spec", "ingress", 2, "source"), False, (9, 9)),
    (("spec", "ingress", 2, "source", "nets", 0), False, (9, 9)),
    (("spec", "ingress", 2, "source"), True, (9, 9)),
    (("spec", "ingress", 2, "action"), False, (10, 13)),
]  # fmt: skip


@pytest.mark.parametrize(("path", "key", "place"), WHERE)
def test_places(path: tuple[str | int, ...], key: bool, place: tuple[int, int]) -> None:
    assert document().locate_field(path, key=key) == Position("a.yaml", *place)


def document() -> Document:
    (only,) = parse_documents(PLACES).documents
    return only


def test_fields_are_found_by_their_path() -> None:
    node = document().find_node(("spec", "ingress", 1, "source", "nets", 1))
    assert isinstance(node, ScalarNode)
    assert node.text == "b"
    assert document().find_node(("spec", "ingress", 3)) is None
    assert document().find_node(("kind", "x")) is None
