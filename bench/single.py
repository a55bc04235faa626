"""Benchmark of single commands, compared with the start of the Python interpreter and with the peer."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.installation import ROOT, install
from bench.process import FailedError, Run, run
from bench.programs import convert_to_v3, peer_program

EXAMPLE = ROOT / "examples" / "docker-networks" / "profiles.yaml"
BARE = "bare-python"
ROUNDS = 30


@dataclass
class SingleCase:
    """A command to measure, with its target."""

    name: str
    command: Sequence[str]
    operation: str = ""
    """Name of the operation; rows of calicoctl and the peer with the same name are compared."""
    target: float | None = None
    """Maximum ratio to the bare interpreter, of wall time and of CPU time."""
    before: Callable[[], object] = lambda: None
    """Preparation before each run, not measured."""
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    failure: str = ""

    def measure(self) -> None:
        """Run the command once, unless it has failed before."""
        if self.failure:
            return
        try:
            self.before()
            self.runs.append(run(self.command, self.environment))
        except (FailedError, OSError) as error:
            self.failure = str(error)

    @property
    def wall(self) -> float:
        """Median of the wall time, in milliseconds."""
        return statistics.median(run.seconds for run in self.runs) * 1000

    @property
    def cpu(self) -> float:
        """Median of the CPU time, in milliseconds."""
        return statistics.median(run.cpu for run in self.runs) * 1000


def cases(folder: Path) -> list[SingleCase]:
    """Return the commands of calicoctl and of the peer; the folder is for files."""
    python, calicoctl = install(folder / "installation")
    apply = (calicoctl, "apply", "-f", str(EXAMPLE))
    delete = (calicoctl, "delete", "-s", "-f", str(EXAMPLE))
    completion = {"_CALICOCTL_COMPLETE": "bash_complete", "COMP_LINE": "calicoctl get profile "}
    ours = [
        SingleCase(BARE, (python, "-c", "pass")),
        SingleCase("--version", (calicoctl, "--version"), target=3),
        SingleCase("--help", (calicoctl, "--help"), "help", target=3),
        SingleCase("completion zsh", (calicoctl, "completion", "zsh"), target=3),
        SingleCase("apply, two profiles created", apply, before=lambda: run(delete)),
        SingleCase("apply, two profiles unchanged", apply, "apply", target=6),
        SingleCase("validate, two profiles", (calicoctl, "validate", "-f", str(EXAMPLE)), "validate", target=6),
        SingleCase("get profile", (calicoctl, "get", "profile"), "get", target=6),
        SingleCase("completion of names", (calicoctl,), target=6, environment=completion),
        SingleCase("version", (calicoctl, "version"), "version"),
    ]
    peer = peer_program()
    return ours + (_peer_cases(peer, convert_to_v3(EXAMPLE, folder)) if peer else [])


def _peer_cases(peer: str, example: Path) -> list[SingleCase]:
    """Return the same commands of another calicoctl; its table shows the failures."""
    return [
        SingleCase("peer --help", (peer, "--help"), "help"),
        SingleCase("peer apply, two profiles", (peer, "apply", "-f", str(example)), "apply"),
        SingleCase("peer validate, two profiles", (peer, "validate", "-f", str(example)), "validate"),
        SingleCase("peer get profile", (peer, "get", "profile"), "get"),
        SingleCase("peer version", (peer, "version"), "version"),
    ]


def measure(rounds: int) -> list[SingleCase]:
    """Run every command `rounds` times, in turn, so that a temporary load affects all of them."""
    with TemporaryDirectory() as folder:
        measured = cases(Path(folder))
        for case in measured:  # fills the file cache
            case.measure()
            case.runs.clear()
        for _ in range(rounds):
            for case in measured:
                case.measure()
    return measured


def rows(measured: Sequence[SingleCase]) -> list[tuple[str, ...]]:
    """Return the table of medians: the heading and a row for each command."""
    peers = {case.operation: case for case in measured if _is_peer(case) and case.runs}
    heading = ("command", "ms", "x bare", "CPU ms", "x bare", "x peer", "target", "")
    return [heading, *(_row(case, measured[0], peers) for case in measured)]


def figures(measured: Sequence[SingleCase]) -> Iterator[Figure]:
    """Yield the medians of each command."""
    peers = {case.operation: case for case in measured if _is_peer(case) and case.runs}
    for case in measured:
        if not case.failure:
            peer = None if _is_peer(case) else peers.get(case.operation)
            memory = max(run.mebibytes for run in case.runs)
            ratios = (case.wall / measured[0].wall, case.wall / peer.wall if peer else None)
            yield Figure(case.name, case.wall / 1000, case.cpu / 1000, memory, *ratios)


def _is_peer(case: SingleCase) -> bool:
    return case.name.startswith("peer ")


def _row(case: SingleCase, bare: SingleCase, peers: Mapping[str, SingleCase]) -> tuple[str, ...]:
    if case.failure:
        return (case.name, "-", "-", "-", "-", "-", "", f"skipped: {case.failure}")
    peer = None if _is_peer(case) else peers.get(case.operation)
    ratios = case.wall / bare.wall, case.cpu / bare.cpu
    return (
        case.name,
        f"{case.wall:.0f}",
        f"{ratios[0]:.1f}",
        f"{case.cpu:.0f}",
        f"{ratios[1]:.1f}",
        f"{case.wall / peer.wall:.1f}" if peer else "-",
        *_verdict(case.target, max(ratios)),
    )


def _verdict(target: float | None, ratio: float) -> tuple[str, str]:
    """Return the target and its result."""
    if target is None:
        return "", ""
    return f"{target:.0f} x bare", "met" if ratio <= target else "missed"
