"""Write of any number of resources to the datastore, in the form that `calicoctl create` writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from calicoctl.config import load
from calicoctl.conversion.stored import to_stored
from calicoctl.datastore import CommitResult, Write, connect
from calicoctl.kinds import find_kind
from calicoctl.operations.load.manifests import load_resources
from calicoctl.storage import encode

_BATCH_SIZE = 10_000


def writes_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys and values that `create` writes for the resources of a valid manifest."""
    for item in load_resources([str(path)], recursive=False).resources:
        if item.resource:
            write = _write(item.resource.manifest())
            yield write.key, (write.value or b"").decode()


def fill(manifests: Iterable[dict[str, Any]]) -> None:
    """Write the resources of valid manifests to the empty datastore of the environment."""
    writes = map(_write, manifests)
    with connect(load(None, os.environ)) as datastore:
        while batch := list(islice(writes, _BATCH_SIZE)):
            for _, result in datastore.commit_batches(batch, ()):
                if not isinstance(result, CommitResult):
                    raise result


def _write(manifest: dict[str, Any]) -> Write:
    kind = find_kind(manifest["kind"])
    assert kind
    resource = kind.resource(*kind.normalize(manifest))
    key = kind.stored_kind.key(kind.key_segments(kind.stored_name(resource.identifier))[0])
    return Write(key, encode(to_stored(kind, resource, key, None).stored, kind.stored_kind), 0)
