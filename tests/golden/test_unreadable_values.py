"""Stored values are readable if calicoctl 3.32.1 reads them; exceptions are listed here.

Each row of `unreadable-values.jsonl` is a value that was written with etcdctl beside a readable object `good`: the
names that `get -o json` of calicoctl 3.32.1 listed, and the exit code of its `get` of that object.
"""

from __future__ import annotations

import base64

import pytest

from calicoctl.datastore import Entry
from calicoctl.kinds import kind_of_key
from calicoctl.operations.read.lookup import decode_entry
from tests.support.recordings import Row, load_rows

ROWS = load_rows("unreadable-values")
READABLE_HERE = {
    "profiles: time text": "the time of the creation has no meaning in v1",
    "profiles: protocol 300": "shown, so that it can be repaired",
    "profiles: port 99999": "shown, so that it can be repaired",
    "profiles: port -1": "shown, so that it can be repaired",
}
UNREADABLE_HERE = {
    "profiles: rule null": "an empty rule would have no action",
    "profiles: port null": "Calico reads the port 0",
    "profiles: null": "Calico reads an object without a name",
    "profiles: deep": "400 levels",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_what_calico_3_reads_is_readable(row: Row) -> None:
    value = row["value"].encode() if "value" in row else base64.b64decode(row["base64"])
    kind = kind_of_key(row["key"])
    assert kind is not None
    entry = decode_entry(kind, Entry(row["key"], value, 1, 1))
    is_readable = len(row["listed"]) == 2
    is_exception = row["id"] in (UNREADABLE_HERE if is_readable else READABLE_HERE)
    assert (entry.resource is not None) == (is_readable != is_exception), entry.decode_error
