"""Many ranges at one revision, in as few requests as etcd allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.transaction import MAX_OPERATIONS, encode_key, entry_from_kv, prefix_range_end
from calicoctl.datastore.values import Entry, Range, Snapshot, TransactionTooLarge

PAGE_SIZE = 1000
"""Entries of one range in one answer; a key of 2 KiB each makes 2 MiB."""


PendingResponse = Callable[[], rpc.TxnResponse]
"""Waits for the answer to a transaction that was sent."""
EntryConsumer = Callable[[int, Sequence[Entry]], None]
"""Is given entries as they arrive, with the number of the range that they belong to."""


def read_ranges(
    send: Callable[[rpc.TxnRequest], PendingResponse],
    ranges: Sequence[Range],
    consume: EntryConsumer | None = None,
    revision: int = 0,
) -> Snapshot:
    """Read all ranges at a revision, or at that of the first answer; `send` sends one transaction."""
    entries_by_range: list[list[Entry]] = [[] for _ in ranges]
    reader = _RangeReader(send, ranges, revision)
    for index, entries in reader.pages():
        entries_by_range[index] += entries
        if consume:
            consume(index, entries)
    return Snapshot(reader.revision, tuple(map(tuple, entries_by_range)))


class _RangeReader:
    """What is still to be read, and at which revision."""

    def __init__(
        self, send: Callable[[rpc.TxnRequest], PendingResponse], ranges: Sequence[Range], revision: int
    ) -> None:
        self.revision = revision
        """0 for the latest, until the first answer says which that is."""
        self._send = send
        self._ranges = ranges
        self._pending = deque((index, encode_key(wanted.key)) for index, wanted in enumerate(ranges))
        self._batch_size = MAX_OPERATIONS

    def pages(self) -> Iterator[tuple[int, list[Entry]]]:
        """The entries of each range, some at a time; the next are on their way while these are looked at."""
        batch, wait = self._send_batch()
        while batch or not self.revision:
            try:
                response = wait()
            except TransactionTooLarge:
                if len(batch) == 1:
                    raise
                self._batch_size = len(batch) // 2  # this server takes less than the usual (--max-txn-ops)
                self._pending.extendleft(reversed(batch))
                batch, wait = self._send_batch()
                continue
            self.revision = self.revision or response.header.revision
            pages = [
                (index, operation_response.response_range)
                for (index, _), operation_response in zip(batch, response.responses, strict=True)
            ]
            for index, page in pages:
                if page.more and not self._ranges[index].limit:
                    # The smallest key after the last one of this page.
                    self._pending.append((index, page.kvs[-1].key + b"\0"))
            batch, wait = self._send_batch()
            yield from ((index, [*map(entry_from_kv, page.kvs)]) for index, page in pages)

    def _send_batch(self) -> tuple[list[tuple[int, bytes]], PendingResponse]:
        batch = [self._pending.popleft() for _ in range(min(len(self._pending), self._batch_size))]
        requests = [_range_request(self._ranges[index], start, self.revision) for index, start in batch]
        if self.revision and not batch:
            return batch, rpc.TxnResponse
        return batch, self._send(rpc.TxnRequest(success=[rpc.RequestOp(request_range=each) for each in requests]))


def _range_request(key_range: Range, start: bytes, revision: int) -> rpc.RangeRequest:
    if not key_range.prefix:
        return rpc.RangeRequest(key=start, revision=revision, keys_only=key_range.keys_only)
    return rpc.RangeRequest(
        key=start or b"\0",
        range_end=prefix_range_end(encode_key(key_range.key)),
        limit=key_range.limit or PAGE_SIZE,
        revision=revision,
        keys_only=key_range.keys_only,
    )


def summarize_keys(keys: Sequence[str]) -> str:
    """Keys in a message: the first, and how many more."""
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]}{more}" if keys else "nothing"
