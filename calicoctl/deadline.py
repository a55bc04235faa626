"""Deadline shared by the steps of an operation."""

from __future__ import annotations

import time


class Deadline:
    """A time at which an operation ends."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        """Create a deadline at a time of `time.monotonic`; `math.inf` never passes."""
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline in this number of seconds."""
        return cls(time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(self._at - time.monotonic(), 0.0)

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining == 0
