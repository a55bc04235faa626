"""What a single command takes, beside the interpreter that it runs in."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import FailedError, run, seconds_to_first_line
from bench.programs import CALICOCTL, in_v3, peer

EXAMPLE = Path(__file__).parents[1] / "examples" / "docker-networks" / "profiles.yaml"
BARE = "python -c pass"


@dataclass
class Case:
    """A command to measure, and what is expected of it."""

    name: str
    command: Sequence[str]
    does: str = ""
    """What a peer's command of the same word is compared with."""
    over_bare: float | None = None
    """The target: so many milliseconds more than the bare interpreter."""
    total: float | None = None
    """The target: so many milliseconds in all."""
    before: Callable[[], object] = lambda: None
    """What has to be done first, and is not measured."""
    extra: Mapping[str, str] = field(default_factory=dict)
    first_line: bool = False
    """Whether only the time to the first line is measured."""
    milliseconds: list[float] = field(default_factory=list)
    failure: str = ""

    def _seconds(self) -> float:
        return seconds_to_first_line(self.command) if self.first_line else run(self.command, self.extra).seconds

    def measure(self) -> None:
        """Run it once more, unless it has failed already."""
        if self.failure:
            return
        try:
            self.before()
            self.milliseconds.append(self._seconds() * 1000)
        except (FailedError, OSError) as error:
            self.failure = str(error)


def cases(folder: Path) -> list[Case]:
    """What is measured, of calicoctl and of its peer; the folder is for files."""
    apply = (*CALICOCTL, "apply", "-f", str(EXAMPLE))
    delete = (*CALICOCTL, "delete", "-s", "-f", str(EXAMPLE))
    names = {"_CALICOCTL_COMPLETE": "bash_complete", "COMP_LINE": "calicoctl get profile "}
    ours = [
        Case(BARE, (sys.executable, "-c", "pass")),
        Case("calicoctl --help", (*CALICOCTL, "--help"), "help", over_bare=60),
        Case("calicoctl version: first line", (*CALICOCTL, "version"), over_bare=60, first_line=True),
        Case("calicoctl version: all", (*CALICOCTL, "version"), "version"),
        Case("completion script", (*CALICOCTL, "completion", "zsh"), over_bare=60),
        Case("completion: names of a kind", CALICOCTL, total=300, extra=names),
        Case("apply, two profiles: created", apply, "apply", total=170, before=lambda: run(delete)),
        Case("apply, two profiles: unchanged", apply, "apply", total=170),
    ]
    other = peer()
    return ours + (_peer_cases(other, in_v3(EXAMPLE, folder)) if other else [])


def _peer_cases(peer: str, example: Path) -> list[Case]:
    """The same of another calicoctl. What it can't do is left out with a note."""
    return [
        Case("peer --help", (peer, "--help"), "help"),
        Case("peer version", (peer, "version"), "version"),
        Case("peer apply, two profiles", (peer, "apply", "-f", str(example)), "apply"),
    ]


def measure(rounds: int) -> list[Case]:
    """Run every case `rounds` times, in turns, so that a slow moment of the machine meets all of them."""
    with TemporaryDirectory() as folder:
        measured = cases(Path(folder))
        for case in measured:  # what is read from disk is in memory from now on
            case.measure()
            case.milliseconds.clear()
        for _ in range(rounds):
            for case in measured:
                case.measure()
    return measured


def rows(measured: Sequence[Case]) -> list[tuple[str, ...]]:
    """The table: a heading, and a row for each case."""
    bare = min(measured[0].milliseconds)
    peers = {case.does: min(case.milliseconds) for case in measured if _is_peer(case) and case.milliseconds}
    heading = ("command", "min ms", "median ms", "x bare", "x peer", "target", "")
    return [heading, *(_row(case, bare, peers) for case in measured)]


def _is_peer(case: Case) -> bool:
    return case.name.startswith("peer ")


def _row(case: Case, bare: float, peers: Mapping[str, float]) -> tuple[str, ...]:
    if case.failure:
        return (case.name, "-", "-", "-", "-", "", f"skipped: {case.failure}")
    least, median = min(case.milliseconds), statistics.median(case.milliseconds)
    to_peer = "-" if _is_peer(case) or case.does not in peers else f"{least / peers[case.does]:.1f}"
    return (case.name, f"{least:.0f}", f"{median:.0f}", f"{least / bare:.1f}", to_peer, *_verdict(case, bare, least))


def _verdict(case: Case, bare: float, least: float) -> tuple[str, str]:
    """The target in words, and whether the quickest run meets it, which other programs disturb least."""
    limit = case.total if case.over_bare is None else bare + case.over_bare
    if limit is None:
        return "", ""
    words = f"{case.total:.0f} in all" if case.over_bare is None else f"{case.over_bare:.0f} over bare"
    return words, "met" if least <= limit else f"missed by {least - limit:.0f} ms"
