"""Consistent reads of many ranges, in as few requests as possible."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import etcd3.etcdrpc as rpc

from calicoctl.datastore.transaction import MAX_OPERATIONS, encode_key, entry_from_kv, prefix_range_end
from calicoctl.datastore.values import Entry, Range, Snapshot, TransactionTooLarge

PAGE_SIZE = 1000
"""Maximum number of entries of one range in a response: 2 MiB with 2 KiB per entry."""


class ReadResponse(NamedTuple):
    """Response to a request for ranges."""

    revision: int
    pages: Sequence[rpc.RangeResponse]
    """Response to each range."""

    @classmethod
    def from_range(cls, response: rpc.RangeResponse) -> ReadResponse:
        """Return the response to one range."""
        return cls(response.header.revision, (response,))

    @classmethod
    def from_transaction(cls, response: rpc.TxnResponse) -> ReadResponse:
        """Return the response to a transaction that reads ranges."""
        return cls(response.header.revision, [each.response_range for each in response.responses])


PendingResponse = Callable[[], ReadResponse]
"""Function that waits for the response to a sent request."""
SendRead = Callable[[Sequence[rpc.RangeRequest]], PendingResponse]
"""Function that sends a request for ranges, which are read at one revision."""
EntryConsumer = Callable[[int, Sequence[Entry]], None]
"""Function that receives the index of a range and some of its entries, while they arrive."""


def read_ranges(
    send: SendRead,
    ranges: Sequence[Range],
    consume: EntryConsumer | None = None,
    revision: int = 0,
) -> Snapshot:
    """Read all ranges at one revision.

    Args:
        send: sends a request.
        ranges: the keys and prefixes.
        consume: receives the entries while they arrive.
        revision: the revision to read; 0 for that of the first response.
    """
    entries_by_range: list[list[Entry]] = [[] for _ in ranges]
    reader = RangeReader(send, ranges, revision)
    for index, entries in reader.pages():
        entries_by_range[index] += entries
        if consume:
            consume(index, entries)
    return Snapshot(reader.revision, tuple(map(tuple, entries_by_range)))


class RangeReader:
    """Reads ranges page by page, at the same revision."""

    def __init__(self, send: SendRead, ranges: Sequence[Range], revision: int) -> None:
        self.revision = revision
        """Revision of the read; 0 until the first response if the latest is read."""
        self._send = send
        self._ranges = ranges
        self._pending = deque((index, encode_key(key_range.key)) for index, key_range in enumerate(ranges))
        self._batch_size = MAX_OPERATIONS

    def pages(self) -> Iterator[tuple[int, list[Entry]]]:
        """Yield the index of a range and some of its entries, while the next request is in flight."""
        batch, wait = self._send_batch()
        while batch or not self.revision:
            try:
                response = wait()
            except TransactionTooLarge:
                if len(batch) == 1:
                    raise
                self._batch_size = len(batch) // 2  # lower --max-txn-ops than the default
                self._pending.extendleft(reversed(batch))
                batch, wait = self._send_batch()
                continue
            self.revision = self.revision or response.revision
            pages = [(index, page) for (index, _), page in zip(batch, response.pages, strict=True)]
            for index, page in pages:
                if page.more and not self._ranges[index].limit:
                    # Smallest key after the last one of this page.
                    self._pending.append((index, page.kvs[-1].key + b"\0"))
            batch, wait = self._send_batch()
            yield from ((index, [*map(entry_from_kv, page.kvs)]) for index, page in pages)

    def _send_batch(self) -> tuple[list[tuple[int, bytes]], PendingResponse]:
        batch = [self._pending.popleft() for _ in range(min(len(self._pending), self._batch_size))]
        requests = [range_request(self._ranges[index], start, self.revision) for index, start in batch]
        if self.revision and not batch:
            return batch, lambda: ReadResponse(self.revision, ())
        return batch, self._send(requests)


def range_request(key_range: Range, start: bytes, revision: int) -> rpc.RangeRequest:
    """Return the request for a page of a range that begins with a key, at a revision (0: the current one)."""
    if not key_range.prefix:
        return rpc.RangeRequest(key=start, revision=revision, keys_only=key_range.keys_only)
    return rpc.RangeRequest(
        key=start or b"\0",
        range_end=prefix_range_end(encode_key(key_range.key)),
        limit=key_range.limit or PAGE_SIZE,
        revision=revision,
        keys_only=key_range.keys_only,
    )
