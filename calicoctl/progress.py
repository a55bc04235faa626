"""How far a command has come: whoever works says so, whoever shows it decides how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Protocol, TypeVar

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how many are done, and how many there are."""

_REPORT_INTERVAL = 100
"""After so many it is worth saying again."""

Item_co = TypeVar("Item_co", covariant=True)


class SizedIterable(Sized, Iterable[Item_co], Protocol[Item_co]):
    """Items that can be counted and gone through."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def with_progress(
    items: SizedIterable[Item_co], label: str, progress: Progress, interval: int = _REPORT_INTERVAL
) -> Iterator[Item_co]:
    """The items, telling from time to time how many have been dealt with."""
    for index, item in enumerate(items):
        if index % interval == 0:
            progress(label, index, len(items))
        yield item
