"""Progress of a command, for a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Protocol, TypeVar

Progress = Callable[[str, int, int], None]
"""Called with a label, the number of completed items, and the total number."""

_REPORT_INTERVAL = 100
"""Number of items between two reports."""

Item_co = TypeVar("Item_co", covariant=True)


class SizedIterable(Sized, Iterable[Item_co], Protocol[Item_co]):
    """Iterable with a length."""


def no_progress(_label: str, _done: int, _total: int) -> None:
    """Ignore all progress."""


def with_progress(
    items: SizedIterable[Item_co], label: str, progress: Progress, interval: int = _REPORT_INTERVAL
) -> Iterator[Item_co]:
    """Yield the items, and report progress after each `interval` items."""
    for index, item in enumerate(items):
        if index % interval == 0:
            progress(label, index, len(items))
        yield item
