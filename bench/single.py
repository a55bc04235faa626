"""Benchmark of single commands, compared with the start of the Python interpreter."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import FailedError, run, seconds_to_first_line
from bench.programs import CALICOCTL, convert_to_v3, peer_program

EXAMPLE = Path(__file__).parents[1] / "examples" / "docker-networks" / "profiles.yaml"
BARE = "python -c pass"


@dataclass
class SingleCase:
    """A command to measure, with its target."""

    name: str
    command: Sequence[str]
    operation: str = ""
    """Name of the operation; rows of calicoctl and the peer with the same name are compared."""
    over_bare: float | None = None
    """Target: maximum milliseconds more than the bare interpreter."""
    total: float | None = None
    """Target: maximum milliseconds in all."""
    before: Callable[[], object] = lambda: None
    """Preparation before each run, not measured."""
    environment: Mapping[str, str] = field(default_factory=dict)
    first_line: bool = False
    """Whether to measure only the time to the first line."""
    milliseconds: list[float] = field(default_factory=list)
    failure: str = ""

    def _seconds(self) -> float:
        return seconds_to_first_line(self.command) if self.first_line else run(self.command, self.environment).seconds

    def measure(self) -> None:
        """Run the command once, unless it has failed before."""
        if self.failure:
            return
        try:
            self.before()
            self.milliseconds.append(self._seconds() * 1000)
        except (FailedError, OSError) as error:
            self.failure = str(error)


def cases(folder: Path) -> list[SingleCase]:
    """Return the commands of calicoctl and of the peer; the folder is for files."""
    apply = (*CALICOCTL, "apply", "-f", str(EXAMPLE))
    delete = (*CALICOCTL, "delete", "-s", "-f", str(EXAMPLE))
    completion = {"_CALICOCTL_COMPLETE": "bash_complete", "COMP_LINE": "calicoctl get profile "}
    ours = [
        SingleCase(BARE, (sys.executable, "-c", "pass")),
        SingleCase("calicoctl --help", (*CALICOCTL, "--help"), "help", over_bare=60),
        SingleCase("calicoctl version: first line", (*CALICOCTL, "version"), over_bare=60, first_line=True),
        SingleCase("calicoctl version: all", (*CALICOCTL, "version"), "version"),
        SingleCase("completion script", (*CALICOCTL, "completion", "zsh"), over_bare=60),
        SingleCase("completion: names of a kind", CALICOCTL, total=300, environment=completion),
        SingleCase("apply, two profiles: created", apply, "apply", total=170, before=lambda: run(delete)),
        SingleCase("apply, two profiles: unchanged", apply, "apply", total=170),
    ]
    peer = peer_program()
    return ours + (_peer_cases(peer, convert_to_v3(EXAMPLE, folder)) if peer else [])


def _peer_cases(peer: str, example: Path) -> list[SingleCase]:
    """Return the same commands of another calicoctl; its table shows the failures."""
    return [
        SingleCase("peer --help", (peer, "--help"), "help"),
        SingleCase("peer version", (peer, "version"), "version"),
        SingleCase("peer apply, two profiles", (peer, "apply", "-f", str(example)), "apply"),
    ]


def measure(rounds: int) -> list[SingleCase]:
    """Run every command `rounds` times, in turn, so that a temporary load affects all of them."""
    with TemporaryDirectory() as folder:
        measured = cases(Path(folder))
        for case in measured:  # fills the file cache
            case.measure()
            case.milliseconds.clear()
        for _ in range(rounds):
            for case in measured:
                case.measure()
    return measured


def rows(measured: Sequence[SingleCase]) -> list[tuple[str, ...]]:
    """Return the table: the heading and a row for each command."""
    bare = min(measured[0].milliseconds)
    peers = {case.operation: min(case.milliseconds) for case in measured if _is_peer(case) and case.milliseconds}
    heading = ("command", "min ms", "median ms", "x bare", "x peer", "target", "")
    return [heading, *(_row(case, bare, peers) for case in measured)]


def _is_peer(case: SingleCase) -> bool:
    return case.name.startswith("peer ")


def _row(case: SingleCase, bare: float, peers: Mapping[str, float]) -> tuple[str, ...]:
    if case.failure:
        return (case.name, "-", "-", "-", "-", "", f"skipped: {case.failure}")
    least, median = min(case.milliseconds), statistics.median(case.milliseconds)
    to_peer = "-" if _is_peer(case) or case.operation not in peers else f"{least / peers[case.operation]:.1f}"
    return (case.name, f"{least:.0f}", f"{median:.0f}", f"{least / bare:.1f}", to_peer, *_verdict(case, bare, least))


def _verdict(case: SingleCase, bare: float, least: float) -> tuple[str, str]:
    """Return the target and its result for the fastest run, which other programs affect least."""
    limit = case.total if case.over_bare is None else bare + case.over_bare
    if limit is None:
        return "", ""
    target = f"{case.total:.0f} in all" if case.over_bare is None else f"{case.over_bare:.0f} over bare"
    return target, "met" if least <= limit else f"missed by {least - limit:.0f} ms"
