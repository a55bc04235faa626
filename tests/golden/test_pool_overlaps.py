"""New IP pools are refused as the client of Calico 3 refuses them.

`pool-overlaps.jsonl` was recorded with calicoctl 3.32.1 on an empty etcd: `before` has the stored pools, created by the
same client, or written by hand where it refuses them; `input` are the objects for `command -f -`; `rc` and `output`
are its answer; `added` are the keys of pools that it created before it failed.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.etcd_server import Etcd
from tests.support.manifests import pool
from tests.support.recordings import Row, load_rows
from tests.support.runner import Calicoctl

ROWS = load_rows("pool-overlaps")
STORED_OVERLAPS = {"apply-stored-inner", "apply-stored-outer"}
"""Its `apply` begins with a creation, and so refuses to change stored pools; ours warns, as for `replace`."""


def v1_pool(v3_pool: dict[str, Any]) -> dict[str, Any]:
    spec = v3_pool["spec"]
    fields = {"disabled": spec.get("disabled"), "nat_outgoing": spec.get("natOutgoing")}
    given = {field: value for field, value in fields.items() if value is not None}
    return pool(spec["cidr"], name=v3_pool["metadata"]["name"], **given)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_answer_is_that_of_calico_3(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    for key, value in row["before"].items():
        store.put(key, value)
    before = store.revision()
    manifest = yaml.safe_dump([v1_pool(each) for each in row["input"]])
    dry_run = calicoctl(row["command"], "-f", "-", "--dry-run", input=manifest)
    assert store.revision() == before
    result = calicoctl(row["command"], "-f", "-", input=manifest)
    assert result.exit_code == dry_run.exit_code
    if row["rc"] == 0 or row["id"] in STORED_OVERLAPS:
        assert result.exit_code == 0, result.stderr
        assert ("warning: " in result.stderr and "overlaps with" in result.stderr) == ("stored" in row["id"])
    else:
        assert (result.exit_code, store.revision()) == (5, before)
        assert "overlaps with ipPool/" in result.stderr
