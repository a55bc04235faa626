"""What real calicoctl 3.1 to 3.32 stored is shown as v1 and applied again without a change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.recordings import Row, canonical_json, load_rows, parse_printed, stored_objects
from tests.support.runner import Calicoctl

ROWS = load_rows("storage")
SEQUENCES = load_rows("storage-sequences")

V1_KIND = {
    "Profile": "profile",
    "GlobalNetworkPolicy": "policy",
    "HostEndpoint": "hostEndpoint",
    "WorkloadEndpoint": "workloadEndpoint",
    "IPPool": "ipPool",
    "BGPPeer": "bgpPeer",
    "Node": "node",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['by']}")
def test_what_get_prints_applies_without_a_change(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    store.put(row["etcd_key"], row["etcd_value"])
    before = store.revision()

    shown = calicoctl("get", V1_KIND[json.loads(row["etcd_value"])["kind"]], "-o", "yaml")
    assert shown.exit_code == 0
    assert len(parse_printed(shown.stdout)) == 1
    applied = calicoctl("apply", "-f", "-", input=shown.stdout)

    assert applied.exit_code == 0, applied.stderr
    assert applied.stdout.endswith("1 unchanged\n")
    assert store.revision() == before


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if '"kind":"GlobalNetworkPolicy"' in row["etcd_value"]],
    ids=lambda row: f"{row['id']}-{row['by']}",
)
def test_a_change_touches_nothing_else(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    """Whatever layout, labels and fields of its own a policy has: with another order only its order changes."""
    store.put(row["etcd_key"], row["etcd_value"])
    (manifest,) = parse_printed(calicoctl("get", "policy", "-o", "yaml").stdout)
    manifest["spec"]["order"] = 77.5

    result = calicoctl("replace", "-f", "-", input=json.dumps(manifest))

    assert result.exit_code == 0, result.stderr
    wanted = json.loads(row["etcd_value"])
    wanted["spec"]["order"] = 77.5
    assert canonical_json(stored_objects(store)[row["etcd_key"]]) == canonical_json(wanted)


def _profile(**parts: object) -> dict[str, Any]:
    metadata = {"name": "s1", **({"labels": parts.pop("labels")} if "labels" in parts else {})}
    return {"apiVersion": "v1", "kind": "profile", "metadata": metadata, "spec": parts}


def _policy(**spec: object) -> dict[str, Any]:
    metadata = {"name": "s1", **({"annotations": spec.pop("annotations")} if "annotations" in spec else {})}
    return {"apiVersion": "v1", "kind": "policy", "metadata": metadata, "spec": {"selector": "all()", **spec}}


ALLOW, DENY = [{"action": "allow"}], [{"action": "deny"}]

IN_V1: dict[str, tuple[str, dict[str, Any] | None]] = {
    "seq-Profile-00": ("replace -f -", _profile(labels={"a": "b"})),
    "seq-Profile-01": ("create -f -", _profile(labels={"a": "b"})),
    "seq-Profile-02": ("create -f -", _profile(labels={"a": "b"})),
    "seq-Profile-03": ("create -f - --skip-exists", _profile(labels={"a": "c"})),
    "seq-Profile-04": ("apply -f -", _profile(labels={"a": "b"})),
    "seq-Profile-05": ("apply -f -", _profile(labels={"c": "d"})),
    "seq-Profile-06": ("replace -f -", _profile(egress=ALLOW)),
    "seq-Profile-08": ("apply -f -", _profile(egress=DENY)),
    "seq-Profile-11": ("delete profile s1", None),
    "seq-Profile-12": ("delete profile s1", None),
    "seq-Profile-13": ("delete profile s1 --skip-not-exists", None),
    "seq-Profile-14": ("get profile s1", None),
    "seq-Profile-15": ("apply -f -", _profile(labels={"c": "d"})),
    "seq-Profile-16": ("delete -f -", _profile()),
    "seq-GlobalNetworkPolicy-00": ("apply -f -", _policy(order=1)),
    "seq-GlobalNetworkPolicy-01": ("apply -f -", _policy(order=2, egress=ALLOW)),
    "seq-GlobalNetworkPolicy-02": ("replace -f -", _policy()),
    "seq-GlobalNetworkPolicy-03": ("replace -f -", _policy()),
    "seq-GlobalNetworkPolicy-04": ("replace -f -", _policy(annotations={"k": "v"})),
    "seq-GlobalNetworkPolicy-06": ("delete policy s1", None),
}
"""The commands of the sequences in v1. Those that are left out are about resourceVersion, patch and label."""


@pytest.mark.parametrize("row", [row for row in SEQUENCES if row["id"] in IN_V1], ids=lambda row: str(row["id"]))
def test_verbs_store_the_same_objects_as_the_original(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    for value in row["before"]:
        store.put(row["etcd_key"], value)
    command, manifest = IN_V1[row["id"]]

    result = calicoctl(*command.split(), input=json.dumps(manifest))

    assert (result.exit_code == 0) == (row["rc"] == 0)
    found = stored_objects(store).get(row["etcd_key"])
    assert (found is not None) == bool(row["after"])
    if found is not None:
        (wanted,) = map(json.loads, row["after"])
        assert canonical_json(found["spec"]) == canonical_json(wanted["spec"])
        _check_metadata(found["metadata"], wanted["metadata"], [json.loads(value) for value in row["before"]])


def _check_metadata(found: dict[str, Any], wanted: dict[str, Any], before: list[dict[str, Any]]) -> None:
    """Ours keeps the labels and annotations that a v1 manifest can't have; theirs drops what is not in the file."""
    assert found["name"] == wanted["name"]
    if not before:
        assert found["uid"]
        assert found["creationTimestamp"]
        assert found.get("labels") == wanted.get("labels")
        return
    (old,) = (one["metadata"] for one in before)
    assert (found["uid"], found["creationTimestamp"]) == (wanted["uid"], wanted["creationTimestamp"])
    assert found.get("labels") == old.get("labels")
    annotations = {**old.get("annotations", {}), **wanted.get("annotations", {})}
    assert found.get("annotations", {}) == annotations


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 154
    assert len(SEQUENCES) == 24
