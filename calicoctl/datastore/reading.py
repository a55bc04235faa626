"""Many ranges at one revision, in as few requests as etcd allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.model import Entry, Range, Snapshot, TooLarge
from calicoctl.datastore.transaction import MAX_OPERATIONS, encode, entry, prefix_end

PAGE = 1000
"""Entries of one range in one answer; a key of 2 KiB each makes 2 MiB."""


Answer = Callable[[], rpc.TxnResponse]
"""Waits for the answer to a transaction that was sent."""
Take = Callable[[int, Sequence[Entry]], None]
"""Is given entries as they arrive, with the number of the range that they belong to."""


def read(
    send: Callable[[rpc.TxnRequest], Answer], ranges: Sequence[Range], take: Take | None = None, revision: int = 0
) -> Snapshot:
    """Read all ranges at a revision, or at that of the first answer; `send` sends one transaction."""
    found: list[list[Entry]] = [[] for _ in ranges]
    reading = _Reading(send, ranges, revision)
    for index, entries in reading.pages():
        found[index] += entries
        if take:
            take(index, entries)
    return Snapshot(reading.revision, tuple(map(tuple, found)))


class _Reading:
    """What is still to be read, and at which revision."""

    def __init__(self, send: Callable[[rpc.TxnRequest], Answer], ranges: Sequence[Range], revision: int) -> None:
        self.revision = revision
        """0 for the latest, until the first answer says which that is."""
        self._send = send
        self._ranges = ranges
        self._pending = deque((index, encode(wanted.key)) for index, wanted in enumerate(ranges))
        self._at_once = MAX_OPERATIONS

    def pages(self) -> Iterator[tuple[int, list[Entry]]]:
        """The entries of each range, some at a time; the next are on their way while these are looked at."""
        batch, answer = self._ask()
        while batch or not self.revision:
            try:
                response = answer()
            except TooLarge:
                if len(batch) == 1:
                    raise
                self._at_once = len(batch) // 2  # this server takes less than the usual (--max-txn-ops)
                self._pending.extendleft(reversed(batch))
                batch, answer = self._ask()
                continue
            self.revision = self.revision or response.header.revision
            pages = [
                (index, answered.response_range) for (index, _), answered in zip(batch, response.responses, strict=True)
            ]
            for index, page in pages:
                if page.more and not self._ranges[index].limit:
                    # The smallest key after the last one of this page.
                    self._pending.append((index, page.kvs[-1].key + b"\0"))
            batch, answer = self._ask()
            yield from ((index, [*map(entry, page.kvs)]) for index, page in pages)

    def _ask(self) -> tuple[list[tuple[int, bytes]], Answer]:
        batch = [self._pending.popleft() for _ in range(min(len(self._pending), self._at_once))]
        requests = [_request(self._ranges[index], start, self.revision) for index, start in batch]
        if self.revision and not batch:
            return batch, rpc.TxnResponse
        return batch, self._send(rpc.TxnRequest(success=[rpc.RequestOp(request_range=each) for each in requests]))


def _request(wanted: Range, start: bytes, revision: int) -> rpc.RangeRequest:
    if not wanted.prefix:
        return rpc.RangeRequest(key=start, revision=revision, keys_only=wanted.keys_only)
    return rpc.RangeRequest(
        key=start or b"\0",
        range_end=prefix_end(encode(wanted.key)),
        limit=wanted.limit or PAGE,
        revision=revision,
        keys_only=wanted.keys_only,
    )


def listing(keys: Sequence[str]) -> str:
    """Keys in a message: the first, and how many more."""
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]}{more}" if keys else "nothing"
