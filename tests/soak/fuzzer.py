"""Feeds mutated inputs to targets, and reports wrong answers with the input that repeats each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from tests.soak.targets import Target, reported_exceptions

_MAX_SECONDS = 20.0
"""Longest time of one input, in seconds."""


def wrong_answers(target: Target, seed: int, count: int) -> Iterator[str]:
    """Yield a description of each wrong answer.

    Args:
        target: what reads the inputs.
        seed: selects the inputs; each input depends on the seed and its number only.
        count: number of inputs.
    """
    for number in range(count):
        random = Random(f"{seed} {number}")  # noqa: S311 - repeatable
        data = target.mutate(random, random.choice(target.corpus), target.corpus)
        started = time.monotonic()
        with reported_exceptions() as reasons:
            if reason := target.run(random, data):
                reasons.append(reason)
        if (seconds := time.monotonic() - started) > _MAX_SECONDS:
            reasons.append(f"took {seconds:.0f} s")
        yield from (f"{target.name}, seed {seed}, input {number}: {reason}\n  {data!r}" for reason in reasons)
