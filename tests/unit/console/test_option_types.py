"""Lengths of time on the command line."""

from __future__ import annotations

import click
import pytest

from calicoctl.console.option_types import Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("30", 30),
        ("1.5", 1.5),
        ("30s", 30),
        ("2m", 120),
        ("1h30m", 5400),
        ("1h2m3.5s", 3723.5),
        ("500ms", 0.5),
        ("1m500ms", 60.5),
    ],
)
def test_valid_durations(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "s", "1x", "1s1m", "-1s", "1 s", "1m30", "inf", "٣s", "1s\n"])
def test_invalid_durations_are_rejected(text: str) -> None:
    with pytest.raises(click.BadParameter, match="invalid duration"):
        Duration().convert(text, None, None)
