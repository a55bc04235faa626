"""Watch of etcd on one connection. `reflector` watches across connections."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from types import TracebackType

import etcd3.etcdrpc as rpc
import grpc

from calicoctl.datastore.connection import Connection
from calicoctl.datastore.failures import classify
from calicoctl.datastore.transaction import encode_key, entry_from_kv, prefix_range_end
from calicoctl.datastore.values import Changes, Range
from calicoctl.deadline import Deadline

_DELETE = 1  # mvccpb.Event.DELETE


class WatchEnded(Exception):
    """The watch has ended: the connection was lost, or etcd cancelled the watch."""


class WatchRefused(WatchEnded):
    """The server rejected the watch; the message contains the reason."""


class WatchCompacted(WatchEnded):
    """etcd was compacted after the start of the watch."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"the oldest revision is {revision}")
        self.revision = revision
        """The oldest revision."""


class WatchStream:
    """Changes of keys and prefixes after the start of the watch, in order.

    Read the ranges after `confirm`: then no change is lost. The stream contains all changes after the confirmation, and
    those up to the revision of the read can be skipped. A watch from the revision of an earlier read would never report
    a change if a backup with lower revisions was restored since then.

    The ranges must not overlap: the order of changes is defined for each range, not between ranges.
    """

    def __init__(self, connection: Connection, ranges: Sequence[Range], start_revision: int = 0) -> None:
        """Start a watch.

        Args:
            connection: the connection.
            ranges: the keys and prefixes.
            start_revision: the first revision to report; 0 for changes after now.
        """
        self._unconfirmed_count = len(ranges)
        self._pending_changes: deque[tuple[int, Changes]] = deque()
        self._responses: queue.SimpleQueue[rpc.WatchResponse | WatchEnded] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[rpc.WatchRequest | None] = queue.SimpleQueue()
        for key_range in ranges:
            self._requests.put(_watch_request(key_range, start_revision))
        # None ends the stream of requests. It stays open, because its end may end the responses.
        self._call = connection.stream(connection.watch, iter(self._requests.get, None))
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> WatchStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call.cancel()
        self._requests.put(None)

    def confirm(self, timeout: float) -> None:
        """Wait until the server watches all ranges.

        Args:
            timeout: in seconds.

        Raises:
            WatchEnded: no answer in time, or the connection was lost.
            WatchRefused: the server rejected the watch.
        """
        deadline = Deadline.after(timeout)
        while self._unconfirmed_count:
            if not self._receive(deadline):
                raise WatchEnded("no answer in time")

    def next_changes(self, timeout: float) -> tuple[int, Changes]:
        """Return a revision and its changes; 0 and no changes after `timeout` seconds without a change.

        Raises:
            WatchEnded: the connection was lost, or etcd cancelled the watch.
        """
        deadline = Deadline.after(timeout)
        while not self._pending_changes:
            if not self._receive(deadline):
                return 0, {}
        return self._pending_changes.popleft()

    def _receive(self, deadline: Deadline) -> bool:
        """Receive a response; return whether one arrived in time."""
        try:
            response = self._responses.get(timeout=deadline.remaining)
        except queue.Empty:
            return False
        if isinstance(response, WatchEnded):
            raise response
        if response.compact_revision:
            raise WatchCompacted(response.compact_revision)
        if response.canceled:
            # etcd 3.5.1 reports `permission denied` for an expired token, too.
            reason = response.cancel_reason.rpartition("desc = ")[2].removeprefix("etcdserver: ")
            raise (WatchRefused if self._unconfirmed_count else WatchEnded)(reason)
        self._unconfirmed_count -= response.created
        # etcd never splits a revision without `fragment`. A response may contain several revisions.
        self._pending_changes.extend(_changes_by_revision(response))
        return True

    def _listen(self) -> None:
        try:
            for response in self._call:
                self._responses.put(response)
            self._responses.put(WatchEnded("the server ended the watch"))
        except grpc.RpcError as error:
            self._responses.put(WatchEnded(str(classify(error))))


def _watch_request(key_range: Range, start_revision: int) -> rpc.WatchRequest:
    key = encode_key(key_range.key)
    end = prefix_range_end(key) if key_range.prefix else b""
    create = rpc.WatchCreateRequest(key=key or b"\0", range_end=end, start_revision=start_revision)
    return rpc.WatchRequest(create_request=create)


def _changes_by_revision(response: rpc.WatchResponse) -> Iterator[tuple[int, Changes]]:
    for revision, events in groupby(response.events, key=lambda event: event.kv.mod_revision):
        # The entry of a deleted key contains only the key.
        changed = [(entry_from_kv(event.kv), event.type == _DELETE) for event in events]
        yield revision, {current.key: None if deleted else current for current, deleted in changed}
