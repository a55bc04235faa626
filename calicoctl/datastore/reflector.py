"""Keys and prefixes kept up to date across lost connections, restarts and compactions of etcd.

Whenever a watch ends, all is listed again and compared with what was known. That is right whatever has happened
meanwhile, also where a backup was restored and revisions went back. Changes during an outage come as one.
The listing that counts is made when the watch has begun, so that nothing falls between the two.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.range_reader import summarize_keys
from calicoctl.datastore.values import Changes, Entry, Range
from calicoctl.datastore.watch_stream import Watch, WatchEnded, WatchRefused
from calicoctl.errors import DatastoreUnreachable

POLL_SECONDS = 0.5
"""Seconds after which a silent datastore gives an empty change, so that a caller can look at other things."""
_BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between two tries."""
_MAX_REFUSALS = 3
"""So many refusals in a row, each after a listing that went well, are no accident of a login that expires."""


class Reflector:
    """Follows ranges. While the datastore is away it keeps trying, and `error` says why it is."""

    def __init__(
        self,
        datastore: Datastore,
        ranges: Sequence[Range],
        notify: Callable[[DatastoreUnreachable | None], None] = lambda trouble: None,
    ) -> None:
        """Prepare to follow.

        Args:
            datastore: what to follow; it is used for nothing else meanwhile.
            ranges: which keys and prefixes.
            notify: called once when the datastore has been away for longer than its timeout, with the reason, and
                once with None when it is back after that.
        """
        self._datastore = datastore
        self._ranges = _distinct_ranges(ranges)
        self._notify = notify
        self._entries: dict[str, Entry] = {}
        self._revision = 0
        self._timeout = datastore.timeout
        self._unreachable_since: float | None = None
        self._notified = False
        self._failed_attempts = 0
        self._refusal_count = 0
        self.error: DatastoreUnreachable | None = None
        """Why the datastore can't be reached at the moment."""

    def changes(self, deadline: float = math.inf) -> Iterator[Changes]:
        """All that is there, then what changes, one revision at a time; often nothing, at least every few seconds.

        Args:
            deadline: the time (`time.monotonic`) at which to end.

        Raises:
            DatastoreUnreachable: at the beginning it can't be reached, or the user may not watch this.
        """
        started = False
        while not started or time.monotonic() < deadline:
            try:
                for changes in self._list_and_watch(deadline):
                    started = True
                    yield changes
            except (WatchEnded, DatastoreUnreachable) as error:
                if not started and isinstance(error, DatastoreUnreachable):
                    raise
                self._record_error(error)
                self._back_off(deadline)
                if started:
                    yield {}

    def _list_and_watch(self, deadline: float) -> Iterator[Changes]:
        """What is not as it was known, and what changes then, for as long as the watch lives."""
        if self._failed_attempts:  # this finds another endpoint, and logs in again
            self._datastore.timeout = max(min(self._timeout, deadline - time.monotonic()), 0.01)
            yield self._list()
        with self._datastore.watch(self._ranges) as watch:
            watch.confirm(self._datastore.timeout)
            self._failed_attempts = self._refusal_count = 0
            yield self._list()
            yield from self._apply_events(watch, deadline)

    def _back_off(self, deadline: float) -> None:
        pause = _BACKOFF_SECONDS[min(self._failed_attempts, len(_BACKOFF_SECONDS)) - 1]
        time.sleep(max(min(pause, deadline - time.monotonic()), 0.0))

    def _list(self) -> Changes:
        """Read all; what is not as it was known."""
        snapshot = self._datastore.read(self._ranges)
        if self._notified:
            self._notify(None)
        self._unreachable_since = self.error = None
        self._notified = False
        current = {entry.key: entry for entries in snapshot.entries_by_range for entry in entries}
        previous, self._entries, self._revision = self._entries, current, snapshot.revision
        deleted = {key: None for key in previous if key not in current}
        return {**deleted, **{key: entry for key, entry in current.items() if previous.get(key) != entry}}

    def _apply_events(self, watch: Watch, deadline: float) -> Iterator[Changes]:
        while (remaining := deadline - time.monotonic()) > 0:
            revision, changes = watch.next_changes(min(remaining, POLL_SECONDS))
            if 0 < revision <= self._revision:
                continue  # listed already
            for key, entry in changes.items():
                if entry:
                    self._entries[key] = entry
                else:
                    self._entries.pop(key, None)
            yield changes

    def _record_error(self, error: WatchEnded | DatastoreUnreachable) -> None:
        now = time.monotonic()
        if self._unreachable_since is None:
            self._unreachable_since = now
        self._failed_attempts += 1
        if isinstance(error, DatastoreUnreachable):
            self.error = error
            if not self._notified and now - self._unreachable_since >= self._timeout:
                self._notified = True
                self._notify(error)
        elif isinstance(error, WatchRefused):
            self._refusal_count += 1
            if self._refusal_count >= _MAX_REFUSALS:
                keys = summarize_keys([wanted.key for wanted in self._ranges])
                raise self._datastore.unreachable_error(error, f"watch {keys}") from error


def _distinct_ranges(ranges: Sequence[Range]) -> list[Range]:
    """The ranges, each once, without those that lie within another one."""

    def is_within(inner: Range, outer: Range) -> bool:
        return outer.prefix and inner != outer and inner.key.startswith(outer.key)

    return [one for one in dict.fromkeys(ranges) if not any(is_within(one, other) for other in ranges)]
