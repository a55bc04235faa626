"""Connectivity as a graph: endpoint groups that share a node."""

from __future__ import annotations

from calicoctl.printers.connectivity.graph import make_graph
from tests.support.connectivity_answers import endpoint, make_result, profile, rule


def test_many_groups_in_the_same_rows_share_a_box() -> None:
    result = make_result(
        [profile("a", [rule()], [rule()]), *(endpoint(f"e{n}", f"10.0.0.{n}", "a") for n in range(1, 120))], "endpoint"
    )
    boxes = make_graph(result.connectivity).boxes
    assert [len(box.groups) for box in boxes] == [119, 1]
    assert (boxes[0].name, boxes[0].size_text) == ("e1, e2 and 117 more", "119 endpoints")
