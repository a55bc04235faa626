"""Fill the datastore with any number of resources, as `calicoctl create` would leave them there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from typing import Any

from calicoctl.config import load
from calicoctl.conversion.stored import to_stored
from calicoctl.datastore import CommitResult, Write, connect
from calicoctl.kinds import find_kind
from calicoctl.storage import encode

_AT_ONCE = 10_000


def fill(manifests: Iterable[dict[str, Any]]) -> None:
    """Write the resources of valid manifests to the datastore of the environment, which has none of them."""
    writes = map(_write, manifests)
    with connect(load(None, os.environ)) as datastore:
        while some := list(islice(writes, _AT_ONCE)):
            for _, result in datastore.commit_batches(some, ()):
                if not isinstance(result, CommitResult):
                    raise result


def _write(manifest: dict[str, Any]) -> Write:
    kind = find_kind(manifest["kind"])
    assert kind
    resource = kind.resource(*kind.normalize(manifest))
    key = kind.stored_kind.key(kind.key_segments(kind.stored_name(resource.identifier))[0])
    return Write(key, encode(to_stored(kind, resource, key, None).stored, kind.stored_kind), 0)
