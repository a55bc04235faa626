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
from calicoctl.datastore.failures import failure
from calicoctl.datastore.model import Changes, Range
from calicoctl.datastore.transaction import encode, entry, prefix_end

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
        self._unconfirmed = len(ranges)
        self._ready: deque[tuple[int, Changes]] = deque()
        self._answers: queue.SimpleQueue[rpc.WatchResponse | WatchEnded] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[rpc.WatchRequest | None] = queue.SimpleQueue()
        for wanted in ranges:
            self._requests.put(_request(wanted))
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
        while self._unconfirmed:
            if not self._receive(deadline):
                raise WatchEnded("no answer in time")

    def next(self, timeout: float) -> tuple[int, Changes]:
        """A revision and its changes, or none when nothing has come within `timeout` seconds.

        Raises:
            WatchEnded: nothing more comes.
        """
        deadline = time.monotonic() + timeout
        while not self._ready:
            if not self._receive(deadline):
                return 0, {}
        return self._ready.popleft()

    def _receive(self, deadline: float) -> bool:
        """Take in an answer; whether one came in time."""
        try:
            answer = self._answers.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            return False
        if isinstance(answer, WatchEnded):
            raise answer
        if answer.canceled:
            # 3.5.1 says `permission denied` also of a token that has expired.
            reason = answer.cancel_reason.rpartition("desc = ")[2].removeprefix("etcdserver: ")
            raise (WatchRefused if self._unconfirmed else WatchEnded)(reason)
        self._unconfirmed -= answer.created
        # etcd never splits a revision, unless it is asked to (`fragment`); one answer may hold several.
        self._ready.extend(_revisions(answer))
        return True

    def _listen(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
            self._answers.put(WatchEnded("the server has ended the watch"))
        except grpc.RpcError as error:
            self._answers.put(WatchEnded(str(failure(error))))


def _request(wanted: Range) -> rpc.WatchRequest:
    key = encode(wanted.key)
    end = prefix_end(key) if wanted.prefix else b""
    create = rpc.WatchCreateRequest(key=key or b"\0", range_end=end)
    return rpc.WatchRequest(create_request=create)


def _revisions(answer: rpc.WatchResponse) -> Iterator[tuple[int, Changes]]:
    for revision, events in groupby(answer.events, key=lambda event: event.kv.mod_revision):
        # Of a deleted key nothing but the key is there.
        changed = [(entry(event.kv), event.type == _DELETE) for event in events]
        yield revision, {now.key: None if deleted else now for now, deleted in changed}
