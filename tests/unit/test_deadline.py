"""Remaining time until a deadline."""

from __future__ import annotations

import math

from calicoctl.deadline import Deadline


def test_the_remaining_time_is_never_negative() -> None:
    assert Deadline.after(-1).remaining == 0
    assert Deadline.after(-1).has_passed


def test_a_deadline_in_the_future_has_not_passed() -> None:
    assert 8 < Deadline.after(10).remaining <= 10
    assert not Deadline(math.inf).has_passed
