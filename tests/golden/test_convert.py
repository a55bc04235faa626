"""What Calico's own converters make of v1 resources, and what the real calicoctl 3.32 stored: we store the same."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.conftest import Calicoctl
from tests.etcdserver import Etcd
from tests.golden import agent
from tests.golden.normal import normal_form
from tests.golden.rows import RESOURCE_PREFIX, Manifest, Row, canonical_json, parse_printed, load_rows, stored_objects

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


INITIAL_KEYS = (f"{RESOURCE_PREFIX}clusterinformations/", f"{RESOURCE_PREFIX}tiers/")
"""What the first write to a bare store adds."""

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


def _create(row: Row, store: Etcd, calicoctl: Calicoctl) -> tuple[str, Manifest]:
    """Create the resource of a row; the key that it has got, and the object there, but for what is always new."""
    result = calicoctl("create", "-f", "-", input=json.dumps(row["v1"]))
    assert result.exit_code == 0, result.stderr
    ((key, v3),) = [(key, v3) for key, v3 in stored_objects(store).items() if not key.startswith(INITIAL_KEYS)]
    assert agent.rejections(key, v3) == []
    return key, v3


def _comparable(v3: Manifest) -> Manifest:
    metadata = {name: part for name, part in v3["metadata"].items() if name not in {"uid", "creationTimestamp"}}
    annotations = {name: text for name, text in metadata.pop("annotations", {}).items() if name != RECORD_ANNOTATION}
    return {**v3, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_accepts_and_refuses_alike(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("create", "-f", "-", input=json.dumps(row["v1"]))

    assert result.exit_code == (0 if is_accepted(row) else 3), result.stderr
    assert is_accepted(row) or store.keys() == []


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: str(row["id"]))
def test_converts_like_the_converters(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    _, v3 = _create(row, store, calicoctl)

    wanted = expected_v3(row)
    assert v3["metadata"]["name"] == wanted["metadata"]["name"]
    assert canonical_json(expected_messages(row, v3["spec"])) == canonical_json(expected_messages(row, wanted["spec"]))


def expected_messages(row: Row, spec: dict[str, Any]) -> dict[str, Any]:
    """The fields of a spec that say something, without those that are filled in."""
    filled_in = DEFAULTED_FIELDS.get(row["kind"], set())
    empty: tuple[object, ...] = ("", [], {}, None, False)
    if row["kind"] == "bgpPeer":
        empty += (0,)
    return {name: value for name, value in spec.items() if name not in filled_in and value not in empty}


@pytest.mark.parametrize("row", [row for row in ACCEPTED if "calicoctl_v3_32" in row], ids=lambda row: str(row["id"]))
def test_stores_what_calicoctl_3_32_stores(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    key, v3 = _create(row, store, calicoctl)

    wanted = json.loads(row["calicoctl_v3_32"]["etcd_value"])
    if "v3_fixed" in row:
        wanted["spec"] = {**wanted["spec"], **row["v3_fixed"]["spec"]}
    correct_spec(row, wanted["spec"])
    assert key == row["calicoctl_v3_32"]["etcd_key"]
    assert canonical_json(_comparable(v3)) == canonical_json(_comparable(wanted))


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: str(row["id"]))
def test_get_gives_back_the_normal_form(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    _create(row, store, calicoctl)

    (manifest,) = parse_printed(calicoctl("get", row["kind"], "-o", "yaml").stdout)

    assert canonical_json(manifest) == canonical_json(normal_form(row["v1"]))
    again = calicoctl("apply", "-f", "-", input=json.dumps(manifest))
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "1 unchanged")
