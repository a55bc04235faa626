"""One stream of changes from etcd, for as long as its connection lives. What then is left to do: `following`."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from types import TracebackType

import grpc
from etcd3 import etcdrpc as rpc

from calicoctl.datastore.connection import Connection
from calicoctl.datastore.failures import classify
from calicoctl.datastore.transaction import encode_key, entry_from_kv, prefix_range_end
from calicoctl.datastore.values import Changes, Range

_DELETE = 1  # mvccpb.Event.DELETE


class WatchEnded(Exception):
    """Nothing more comes of this stream: the connection is lost, or etcd has given it up as too slow."""


class WatchRefused(WatchEnded):
    """The server would not even begin; the text says why."""


class Watch:
    """The changes of keys and prefixes from now on, in the order in which they happened.

    A listing that is made after `confirm` leaves no gap, whatever happens to etcd: what the stream delivers is of the
    server that confirmed it, of later than that, and what the listing shows already can be told by its revision. A
    watch that began at the revision of an earlier listing would wait for ever where a backup was restored in between.

    The ranges must not overlap: of each range the changes come in their order, not so of several.
    """

    def __init__(self, connection: Connection, ranges: Sequence[Range]) -> None:
        self._unconfirmed_count = len(ranges)
        self._pending_changes: deque[tuple[int, Changes]] = deque()
        self._responses: queue.SimpleQueue[rpc.WatchResponse | WatchEnded] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[rpc.WatchRequest | None] = queue.SimpleQueue()
        for key_range in ranges:
            self._requests.put(_watch_request(key_range))
        # The stream of requests stays open until None ends it: the end of it may end the answers.
        self._call = connection.stream(connection.watch, iter(self._requests.get, None))
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call.cancel()
        self._requests.put(None)

    def confirm(self, timeout: float) -> None:
        """Wait until the server watches all of the ranges.

        Raises:
            WatchEnded: it does not answer within `timeout` seconds; WatchRefused when it refuses.
        """
        deadline = time.monotonic() + timeout
        while self._unconfirmed_count:
            if not self._receive(deadline):
                raise WatchEnded("no answer in time")

    def next_changes(self, timeout: float) -> tuple[int, Changes]:
        """A revision and its changes, or none when nothing has come within `timeout` seconds.

        Raises:
            WatchEnded: nothing more comes.
        """
        deadline = time.monotonic() + timeout
        while not self._pending_changes:
            if not self._receive(deadline):
                return 0, {}
        return self._pending_changes.popleft()

    def _receive(self, deadline: float) -> bool:
        """Take in an answer; whether one came in time."""
        try:
            response = self._responses.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            return False
        if isinstance(response, WatchEnded):
            raise response
        if response.canceled:
            # 3.5.1 says `permission denied` also of a token that has expired.
            reason = response.cancel_reason.rpartition("desc = ")[2].removeprefix("etcdserver: ")
            raise (WatchRefused if self._unconfirmed_count else WatchEnded)(reason)
        self._unconfirmed_count -= response.created
        # etcd never splits a revision, unless it is asked to (`fragment`); one answer may hold several.
        self._pending_changes.extend(_changes_by_revision(response))
        return True

    def _listen(self) -> None:
        try:
            for response in self._call:
                self._responses.put(response)
            self._responses.put(WatchEnded("the server has ended the watch"))
        except grpc.RpcError as error:
            self._responses.put(WatchEnded(str(classify(error))))


def _watch_request(key_range: Range) -> rpc.WatchRequest:
    key = encode_key(key_range.key)
    end = prefix_range_end(key) if key_range.prefix else b""
    create = rpc.WatchCreateRequest(key=key or b"\0", range_end=end)
    return rpc.WatchRequest(create_request=create)


def _changes_by_revision(response: rpc.WatchResponse) -> Iterator[tuple[int, Changes]]:
    for revision, events in groupby(response.events, key=lambda event: event.kv.mod_revision):
        # Of a deleted key nothing but the key is there.
        changed = [(entry_from_kv(event.kv), event.type == _DELETE) for event in events]
        yield revision, {current.key: None if deleted else current for current, deleted in changed}
