"""A stored pool is enabled if calicoctl 3.32.1 enables it: if it holds one of its blocks, whatever their size.

Each row of `pool-sizes.jsonl` is an `apply` of calicoctl 3.32.1 on an empty etcd, or on the same pool enabled or
disabled (`disabled_before`), with its exit code.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, pool
from tests.support.recordings import Row, load_rows
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, put_object, read_object

ROWS = [row for row in load_rows("pool-sizes") if row["disabled_before"] is not None]
KEY = object_key("ippools", "p")


def row_id(row: Row) -> str:
    change = "enable" if row["disabled_before"] else "disable"
    return f"{change} {row['cidr']} with blocks of {row['blockSize']}"


@pytest.mark.parametrize("command", ["patch", "apply"])
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_stored_pool_changes_as_in_calico_3(row: Row, command: str, store: Etcd, calicoctl: Calicoctl) -> None:
    spec: dict[str, Any] = {"cidr": row["cidr"], "blockSize": row["blockSize"], "ipipMode": "Never"}
    put_object(store, KEY, {**spec, "disabled": row["disabled_before"]})
    before = read_object(store, KEY)
    if command == "patch":
        result = calicoctl("patch", f"ipPool/{row['cidr']}", "-p", f"spec: {{disabled: {row['disabled']}}}".lower())
    else:
        text = manifest(pool(row["cidr"], name="p", disabled=row["disabled"]))
        result = calicoctl("apply", "-f", "-", input=text)
    after = read_object(store, KEY)
    if row["exit"]:
        assert (result.exit_code, after) == (8, before)
        assert "is too small for its blocks of /" in result.stderr
    else:
        assert result.exit_code == 0, result.stderr
        assert bool(after["spec"].pop("disabled", False)) == row["disabled"]
        assert after["spec"] == spec
