"""Recorded runs of calicoctl, compared with the datastore: it contains what the reports announced, and nothing else.

Each run writes a number of its own to all its policies, so that a stored value shows the run that wrote it.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.errors import ExitCode

PARTLY_WRITTEN = re.compile(r"^  (\d+) of \d+ keys were written(?:, (\d+) have an unknown state)?", re.MULTILINE)
"""Line of a report with the number of written keys, and of those with an unknown state."""
_ALL = re.compile(r"^  all \d+ keys were written", re.MULTILINE)
_UNKNOWN = "the changes may or may not have been written"


class Announcement(NamedTuple):
    """Number of policies that a run reports as written: at least, and at most."""

    least: int
    most: int


class Run(NamedTuple):
    """A finished run of `apply`."""

    number: int
    """The value of its policies."""
    names: frozenset[str]
    """Its policies."""
    started: float
    ended: float
    exit_code: int
    stdout: str
    stderr: str

    @property
    def announcement(self) -> Announcement:
        """What the report announces. A failure without a count announces that nothing was written."""
        count = len(self.names)
        if self.exit_code == -signal.SIGKILL or _UNKNOWN in self.stderr:
            return Announcement(0, count)
        if partly := PARTLY_WRITTEN.search(self.stderr):
            least = int(partly[1])
            return Announcement(least, least + int(partly[2] or 0))
        is_written = self.exit_code == 0 or _ALL.search(self.stderr)
        return Announcement(count, count) if is_written else Announcement(0, 0)

    @property
    def is_reported(self) -> bool:
        """Whether a success lists all policies, and a failure is none of calicoctl itself."""
        return self.exit_code != ExitCode.INTERNAL and (
            self.exit_code != 0 or self.stdout.count("\n") == len(self.names) + 1
        )


def contradictions(runs: Sequence[Run], stored: Mapping[str, int]) -> Iterator[str]:
    """Yield each contradiction between the reports and the datastore.

    Args:
        runs: all runs since the datastore was empty.
        stored: the value of each stored policy.
    """
    by_number = {run.number: run for run in runs}
    for name, number in stored.items():
        if number not in by_number or name not in by_number[number].names:
            yield f"{name} has the value {number}, which no run wrote"
    for run in runs:
        yield from _contradictions_of(run, runs, stored)


def _contradictions_of(run: Run, runs: Sequence[Run], stored: Mapping[str, int]) -> Iterator[str]:
    announced = run.announcement
    report = f"run {run.number}, exit code {run.exit_code}: {(run.stderr or run.stdout)[-400:]!r}"
    if not run.is_reported:
        yield f"{report}: not a report"
    found = {name for name in run.names if stored.get(name) == run.number}
    if len(found) > announced.most:
        yield f"{report}: {len(found)} of {len(run.names)} policies have its value"
    others = (other for other in runs if other is not run and other.ended > run.started and other.announcement.most)
    overwritable = run.names & {name for other in others for name in other.names}
    if len(found - overwritable) < announced.least - len(overwritable):
        yield f"{report}: {len(found)} policies have its value, and no later run announced the others"
