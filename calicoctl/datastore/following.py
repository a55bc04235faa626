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
from calicoctl.datastore.model import Changes, Entry, Range
from calicoctl.datastore.reading import listing
from calicoctl.datastore.watching import Watch, WatchEnded, WatchRefused
from calicoctl.errors import DatastoreUnreachable

TICK = 0.5
"""Seconds after which a silent datastore gives an empty change, so that a caller can look at other things."""
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between two tries."""
_REFUSALS = 3
"""So many refusals in a row, each after a listing that went well, are no accident of a login that expires."""


class Follower:
    """Follows ranges. While the datastore is away it keeps trying, and `trouble` says why it is."""

    def __init__(
        self,
        datastore: Datastore,
        ranges: Sequence[Range],
        tell: Callable[[DatastoreUnreachable | None], None] = lambda trouble: None,
    ) -> None:
        """Prepare to follow.

        Args:
            datastore: what to follow; it is used for nothing else meanwhile.
            ranges: which keys and prefixes.
            tell: called once when the datastore has been away for longer than its timeout, with the reason, and
                once with None when it is back after that.
        """
        self._datastore = datastore
        self._ranges = _apart(ranges)
        self._tell = tell
        self._entries: dict[str, Entry] = {}
        self._revision = 0
        self._patience = datastore.timeout
        self._away_since: float | None = None
        self._told = False
        self._tries = 0
        self._refusals = 0
        self.trouble: DatastoreUnreachable | None = None
        """Why the datastore can't be reached at the moment."""

    def changes(self, until: float = math.inf) -> Iterator[Changes]:
        """All that is there, then what changes, one revision at a time; often nothing, at least every few seconds.

        Args:
            until: the time (`time.monotonic`) at which to end.

        Raises:
            DatastoreUnreachable: at the beginning it can't be reached, or the user may not watch this.
        """
        begun = False
        while not begun or time.monotonic() < until:
            try:
                for changes in self._followed(until):
                    begun = True
                    yield changes
            except (WatchEnded, DatastoreUnreachable) as error:
                if not begun and isinstance(error, DatastoreUnreachable):
                    raise
                self._heed(error)
                self._pause(until)
                if begun:
                    yield {}

    def _followed(self, until: float) -> Iterator[Changes]:
        """What is not as it was known, and what changes then, for as long as the watch lives."""
        if self._tries:  # this finds another endpoint, and logs in again
            self._datastore.timeout = max(min(self._patience, until - time.monotonic()), 0.01)
            yield self._list()
        with self._datastore.watch(self._ranges) as watch:
            watch.confirm(self._datastore.timeout)
            self._tries = self._refusals = 0
            yield self._list()
            yield from self._watched(watch, until)

    def _pause(self, until: float) -> None:
        pause = _PAUSES[min(self._tries, len(_PAUSES)) - 1]
        time.sleep(max(min(pause, until - time.monotonic()), 0.0))

    def _list(self) -> Changes:
        """Read all; what is not as it was known."""
        snapshot = self._datastore.read(self._ranges)
        if self._told:
            self._tell(None)
        self._away_since = self.trouble = None
        self._told = False
        now = {entry.key: entry for entries in snapshot.found for entry in entries}
        before, self._entries, self._revision = self._entries, now, snapshot.revision
        gone = {key: None for key in before if key not in now}
        return {**gone, **{key: entry for key, entry in now.items() if before.get(key) != entry}}

    def _watched(self, watch: Watch, until: float) -> Iterator[Changes]:
        while (left := until - time.monotonic()) > 0:
            revision, changes = watch.next(min(left, TICK))
            if 0 < revision <= self._revision:
                continue  # listed already
            for key, entry in changes.items():
                if entry:
                    self._entries[key] = entry
                else:
                    self._entries.pop(key, None)
            yield changes

    def _heed(self, error: WatchEnded | DatastoreUnreachable) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        self._tries += 1
        if isinstance(error, DatastoreUnreachable):
            self.trouble = error
            if not self._told and now - self._away_since >= self._patience:
                self._told = True
                self._tell(error)
        elif isinstance(error, WatchRefused):
            self._refusals += 1
            if self._refusals >= _REFUSALS:
                keys = listing([wanted.key for wanted in self._ranges])
                raise self._datastore.refused(error, f"watch {keys}") from error


def _apart(ranges: Sequence[Range]) -> list[Range]:
    """The ranges, each once, without those that lie within another one."""

    def within(one: Range, other: Range) -> bool:
        return other.prefix and one != other and one.key.startswith(other.key)

    return [one for one in dict.fromkeys(ranges) if not any(within(one, other) for other in ranges)]
