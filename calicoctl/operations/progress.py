"""How far a command has come: whoever works says so, whoever shows it decides how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Protocol, TypeVar

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how many are done, and how many there are."""

_EVERY = 100
"""After so many it is worth saying again."""

Item_co = TypeVar("Item_co", covariant=True)


class SizedIterable(Sized, Iterable[Item_co], Protocol[Item_co]):
    """Items that can be counted and gone through."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def counted(items: SizedIterable[Item_co], what: str, progress: Progress, every: int = _EVERY) -> Iterator[Item_co]:
    """The items, telling from time to time how many have been dealt with."""
    for index, item in enumerate(items):
        if index % every == 0:
            progress(what, index, len(items))
        yield item
