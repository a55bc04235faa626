"""The v3 objects that Calico's own converters made of v1 resources, and the rows where ours differ."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.recordings import (
    Manifest,
    Row,
    load_rows,
)

ROWS = load_rows("convert")


RECORD_ANNOTATION = "projectcalico.org/v1-manifest"
"""The annotation that only we write: what v3 can't hold of a manifest."""


NOT_IN_1_6_5 = {
    "profile-rule-ports-named",
    "policy-rule-ports-named",
    "policy-name-04",
    "hostEndpoint-ports",
    "hostEndpoint-full",
    "hostEndpoint-no-name",
}
"""Rows that `accept` accepts and 1.6.5 refused: named ports, ports of endpoints, knp.default names, no name."""


DEFAULTED_FIELDS = {
    "policy": {"tier"},
    "ipPool": {"vxlanMode", "blockSize", "nodeSelector", "allowedUses", "assignmentMode"},
}
"""The fields of v3 specs that calicoctl 3.32 fills in and the converters did not know."""


def is_accepted(row: Row) -> bool:
    return bool(row["accept"]) and row["id"] not in NOT_IN_1_6_5


ACCEPTED = [row for row in ROWS if is_accepted(row)]


def expected_v3(row: Row) -> Manifest:
    """The object that the converters make, as it is stored: with both sides in every rule."""
    v3: Manifest = copy.deepcopy(row.get("v3_fixed") or row["v3"])
    correct_spec(row, v3["spec"])
    return v3


def correct_spec(row: Row, spec: dict[str, Any]) -> None:
    """The two places where what is stored means more than what the converters make: see each."""
    for direction in ("ingress", "egress"):
        for v1, v3 in zip((row["v1"].get("spec") or {}).get(direction) or (), spec.get(direction) or (), strict=True):
            for side in ("source", "destination"):
                v3.setdefault(side, {})
                correct_not_tag((v1.get(side) or {}), v3[side])


def correct_not_tag(v1: dict[str, Any], v3: dict[str, Any]) -> None:
    """`notTag` beside `notSelector` excludes what either matches; the converters wrote `&&` by mistake."""
    if v1.get("notTag") and v1.get("notSelector"):
        head, _, tail = v3["notSelector"].rpartition(" && ")
        v3["notSelector"] = f"{head} || {tail}"


def expected_messages(row: Row, spec: dict[str, Any]) -> dict[str, Any]:
    """The fields of a spec that say something, without those that are filled in."""
    filled_in = DEFAULTED_FIELDS.get(row["kind"], set())
    empty: tuple[object, ...] = ("", [], {}, None, False)
    if row["kind"] == "bgpPeer":
        empty += (0,)
    return {name: value for name, value in spec.items() if name not in filled_in and value not in empty}
