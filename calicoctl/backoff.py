"""Random pauses between attempts, so that many clients do not repeat theirs at the same time."""

from __future__ import annotations

import random
import time

from calicoctl.deadline import Deadline

MAX_PAUSE_SECONDS = 0.5
_MAX_DEADLINE_SHARE = 0.25
"""Maximum share of the remaining time in a pause: a client that has waited for long repeats its attempt sooner."""

_MIN_ATTEMPT_SECONDS = 0.05


class Backoff:
    """Pauses of a random duration ("full jitter"), whose limit doubles with each attempt."""

    def __init__(self, deadline: Deadline, first_seconds: float) -> None:
        """Create pauses that end before a deadline.

        Args:
            deadline: the end of the last attempt.
            first_seconds: limit of the first pause: about the duration of an attempt.
        """
        self._deadline = deadline
        self._limit = first_seconds

    @property
    def is_exhausted(self) -> bool:
        """Whether too little time is left for another attempt: it would only replace the reason of the last failure."""
        return self._deadline.remaining < _MIN_ATTEMPT_SECONDS

    def pause(self) -> None:
        """Wait for a random time."""
        limit = min(self._limit, MAX_PAUSE_SECONDS, self._deadline.remaining * _MAX_DEADLINE_SHARE)
        time.sleep(random.uniform(0, limit))  # noqa: S311 - not for cryptography
        self._limit *= 2
