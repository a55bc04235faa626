"""Watch that survives lost connections, restarts and compactions of etcd, as the Reflector of client-go.

When a watch ends, the reflector starts a new one, lists all ranges and reports the differences to the last known
entries, all changes of an outage together. This is also correct after the restore of a backup, when revisions decrease.
The list follows the start of the watch, so that no change is lost between them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.values import Changes, Entry, Range, summarize_keys
from calicoctl.datastore.watch_stream import WatchEnded, WatchRefused, WatchStream
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable

POLL_SECONDS = 0.5
"""Interval of empty changes from an idle datastore, so that the caller can check for other events."""
_BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Pauses after the first, second, … failed attempt."""
_MAX_REFUSALS = 3
"""Maximum number of consecutive rejections of the watch; an expired token causes fewer."""


class Reflector:
    """Reports the entries of ranges and their changes. It survives lost connections."""

    def __init__(
        self,
        datastore: Datastore,
        ranges: Sequence[Range],
        notify: Callable[[DatastoreUnreachable | None], None] = lambda error: None,
    ) -> None:
        """Create a reflector; `changes` starts it.

        Args:
            datastore: the datastore. Do not use it for anything else at the same time.
            ranges: the keys and prefixes to watch.
            notify: called with the error when the datastore has been unreachable for longer than its timeout, and with
                None when it is reachable again after that.
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
        """Reason why the datastore is unreachable now, or None."""

    def changes(self, deadline: float = math.inf) -> Iterator[Changes]:
        """Yield all existing entries, then the changes of each revision; empty changes from an idle datastore.

        Args:
            deadline: end of the watch, as a time of `time.monotonic`.

        Raises:
            DatastoreUnreachable: the first connection failed, or the user lacks the permission.
        """
        end = Deadline(deadline)
        started = False
        while not (started and end.has_passed):
            try:
                for changes in self._list_and_watch(end):
                    started = True
                    yield changes
            except (WatchEnded, DatastoreUnreachable) as error:
                if not started and isinstance(error, DatastoreUnreachable):
                    raise
                self._record_error(error)
                self._back_off(end)
                if started:
                    yield {}

    def _list_and_watch(self, end: Deadline) -> Iterator[Changes]:
        """Yield the differences to the known entries, then the changes until the watch ends."""
        if self._failed_attempts:  # connects to any endpoint and logs in again
            self._datastore.timeout = min(self._timeout, end.remaining)
            yield self._list()
        with self._datastore.watch(self._ranges) as watch:
            watch.confirm(self._datastore.timeout)
            self._failed_attempts = self._refusal_count = 0
            yield self._list()
            yield from self._apply_events(watch, end)

    def _back_off(self, end: Deadline) -> None:
        pause = _BACKOFF_SECONDS[min(self._failed_attempts, len(_BACKOFF_SECONDS)) - 1]
        time.sleep(min(pause, end.remaining))

    def _list(self) -> Changes:
        """Read all ranges; return the differences to the known entries."""
        snapshot = self._datastore.read(self._ranges)
        if self._notified:
            self._notify(None)
        self._unreachable_since = self.error = None
        self._notified = False
        current = {entry.key: entry for entries in snapshot.entries_by_range for entry in entries}
        previous, self._entries, self._revision = self._entries, current, snapshot.revision
        deleted = {key: None for key in previous if key not in current}
        return {**deleted, **{key: entry for key, entry in current.items() if previous.get(key) != entry}}

    def _apply_events(self, watch: WatchStream, end: Deadline) -> Iterator[Changes]:
        while (remaining := end.remaining) > 0:
            revision, changes = watch.next_changes(min(remaining, POLL_SECONDS))
            if 0 < revision <= self._revision:
                continue  # part of the list
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
                raise self._datastore.unreachable_error(error, f"watch {summarize_keys(self._ranges)}") from error


def _distinct_ranges(ranges: Sequence[Range]) -> list[Range]:
    """Return the ranges without duplicates and without those inside another one."""

    def is_within(inner: Range, outer: Range) -> bool:
        return outer.prefix and inner != outer and inner.key.startswith(outer.key)

    return [inner for inner in dict.fromkeys(ranges) if not any(is_within(inner, outer) for outer in ranges)]
