"""A datastore that calicoctl 3.32 wrote is the same after export, wipe and import, also for calicoctl 3.32.

`export.jsonl` was recorded with calicoctl 3.32.1 and etcd 3.5. calicoctl 3.32.1 created objects of all its kinds, and
this program some that only v1 has; the blocks and handles of IPAM were put with etcdctl, as its library encodes them.
`before` is the value of `etcd_key` then, or what calicoctl 3.32.1 printed for `command`. Then `calicoctl export`, the
deletion of all keys, and `calicoctl import`: `after` is the same again. A test cannot run the Go program, but an import
with the values of `after` is what it read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.etcd_server import Etcd
from tests.support.recordings import canonical_json, load_rows
from tests.support.runner import Calicoctl

ROWS = load_rows("export")
OBJECTS = {row["etcd_key"]: row for row in ROWS if "etcd_key" in row}
PRINTED = [row for row in ROWS if "command" in row]
_SERVER_LINE = re.compile(r"^ *(uid|resourceVersion|creationTimestamp): .*\n", re.MULTILINE)


def without_server_fields(value: str | bytes) -> Any:
    document = json.loads(value)
    for field in ("uid", "creationTimestamp"):
        document.get("metadata", {}).pop(field, None)
    return document


def put_recorded_store(store: Etcd) -> None:
    for key, row in OBJECTS.items():
        store.put(key, row["before"])


def test_the_import_is_what_calico_3_read(store: Etcd, calicoctl: Calicoctl) -> None:
    put_recorded_store(store)
    exported = calicoctl("export")
    assert (exported.exit_code, exported.stderr) == (0, "")
    store.wipe()
    result = calicoctl("import", "-f", "-", "--allow-lockout", input=exported.stdout)
    assert result.exit_code == 0, result.stderr
    imported = {key: without_server_fields(store.get(key) or b"") for key in store.keys("/calico/")}
    recorded = {key: without_server_fields(row["after"]) for key, row in OBJECTS.items()}
    assert canonical_json(imported) == canonical_json(recorded)
    assert imported == recorded  # integers of 64 bits, which floats do not hold
    assert calicoctl("export").stdout == exported.stdout

    # What calicoctl 3.32 printed for the recorded import is what it printed before.
    assert len(PRINTED) == 22
    for row in PRINTED:
        assert _SERVER_LINE.sub("", row["after"]) == _SERVER_LINE.sub("", row["before"]), row["command"]


def test_all_kinds_are_recorded() -> None:
    """Kinds of calicoctl 3.32 (`get --help`), each with an object, and IPAM."""
    kinds = {row["command"].split()[1] for row in PRINTED if row["command"].startswith("get ")}
    recorded = {json.loads(row["before"]).get("kind", "").lower() for row in OBJECTS.values()}
    assert kinds == recorded - {""}
    assert {key.split("/")[4] for key in OBJECTS if key.startswith("/calico/ipam/")} == {
        "assignment",
        "config",
        "handle",
        "host",
    }


def test_import_into_the_recorded_store_writes_nothing(store: Etcd, calicoctl: Calicoctl) -> None:
    put_recorded_store(store)
    revision = store.revision()
    result = calicoctl("import", "-f", "-", "--allow-lockout", input=calicoctl("export").stdout)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"{len(OBJECTS)} unchanged")
    assert store.revision() == revision
