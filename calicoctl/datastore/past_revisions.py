"""Earlier revisions of the datastore: etcd has them until it is compacted."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.range_reader import range_request
from calicoctl.datastore.retry import ReadCompacted
from calicoctl.datastore.transaction import encode_key
from calicoctl.datastore.values import Range, Snapshot
from calicoctl.datastore.watch_stream import WatchCompacted, WatchEnded, WatchStream
from calicoctl.deadline import Deadline
from calicoctl.errors import NotFound


class PastRevision:
    """The datastore at an earlier revision."""

    def __init__(self, datastore: Datastore, revision: int) -> None:
        self._datastore = datastore
        self._revision = revision

    def read(self, ranges: Sequence[Range]) -> Snapshot:
        """Read keys and prefixes at the revision.

        Raises:
            NotFound: see `require_revision`.
        """
        require_revision(self._datastore, self._revision, ranges[0])
        return self._datastore.read(ranges, revision=self._revision)


def require_revision(datastore: Datastore, revision: int, readable: Range) -> None:
    """Check that the datastore can be read at a revision.

    Args:
        datastore: the datastore.
        revision: the revision.
        readable: a range that the user may read.

    Raises:
        NotFound: the revision is in the future or was compacted; reports the current or the oldest revision.
    """
    first = readable._replace(limit=1, keys_only=True)
    current = datastore.read([first]).revision
    if revision > current:
        raise NotFound(f"revision {revision} does not exist, the datastore is at revision {current}")
    try:
        request = range_request(first, encode_key(first.key), revision)
        datastore.call(lambda connection: connection.read_range, request, f"read {readable.key}")
    except ReadCompacted:
        oldest = _oldest_revision(datastore, revision, readable)
        state = f"the oldest revision is {oldest}" if oldest else "etcd was compacted after it"
        raise NotFound(f"revision {revision} no longer exists, {state}") from None


def _oldest_revision(datastore: Datastore, revision: int, readable: Range) -> int | None:
    """Return the oldest revision that can be read: etcd reports it when it rejects a watch from a compacted one."""
    connection = datastore.ensure_connection(Deadline.after(datastore.timeout))
    try:
        with WatchStream(connection, [readable], start_revision=revision) as stream:
            stream.confirm(datastore.timeout)
            stream.next_changes(datastore.timeout)
    except WatchCompacted as error:
        return error.revision
    except WatchEnded:
        pass
    return None
