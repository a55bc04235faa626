"""What Calico's own converters make of v1 resources, and what the real calicoctl 3.32 stored: we store the same."""

from __future__ import annotations

import json

import pytest

from tests.golden import felix
from tests.golden.converters import (
    ACCEPTED,
    RECORD_ANNOTATION,
    ROWS,
    correct_spec,
    expected_messages,
    expected_v3,
    is_accepted,
)
from tests.golden.normal_form import normal_form
from tests.support.etcd_server import Etcd
from tests.support.recordings import (
    RESOURCE_PREFIX,
    Manifest,
    Row,
    canonical_json,
    parse_printed,
    stored_objects,
)
from tests.support.runner import Calicoctl

INITIAL_KEYS = (f"{RESOURCE_PREFIX}clusterinformations/", f"{RESOURCE_PREFIX}tiers/")
"""What the first write to a bare store adds."""


def _create(row: Row, store: Etcd, calicoctl: Calicoctl) -> tuple[str, Manifest]:
    """Create the resource of a row; the key that it has got, and the object there, but for what is always new."""
    result = calicoctl("create", "-f", "-", input=json.dumps(row["v1"]))
    assert result.exit_code == 0, result.stderr
    ((key, v3),) = [(key, v3) for key, v3 in stored_objects(store).items() if not key.startswith(INITIAL_KEYS)]
    assert felix.rejections(key, v3) == []
    return key, v3


def _comparable(v3: Manifest) -> Manifest:
    metadata = {name: part for name, part in v3["metadata"].items() if name not in {"uid", "creationTimestamp"}}
    annotations = {name: text for name, text in metadata.pop("annotations", {}).items() if name != RECORD_ANNOTATION}
    return {**v3, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_same_manifests_are_accepted_and_rejected(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("create", "-f", "-", input=json.dumps(row["v1"]))

    assert result.exit_code == (0 if is_accepted(row) else 3), result.stderr
    assert is_accepted(row) or store.keys() == []


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: str(row["id"]))
def test_converts_like_the_converters(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    _, v3 = _create(row, store, calicoctl)

    wanted = expected_v3(row)
    assert v3["metadata"]["name"] == wanted["metadata"]["name"]
    assert canonical_json(expected_messages(row, v3["spec"])) == canonical_json(expected_messages(row, wanted["spec"]))


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
