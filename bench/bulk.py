"""Benchmark of bulk operations: time and memory, compared with a peer if CALICOCTL_PEER is set."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.etcd import new_etcd
from bench.figures import Figure
from bench.policies import manifest
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL, convert_to_v3, peer_program

COUNTS = (1, 100, 1000, 10_000)
_MAX_GROWTH = 12
"""Maximum ratio of the times for ten times as many policies."""


class Target(NamedTuple):
    """Target compared with the peer, for the largest number of policies."""

    faster: float | None = None
    """Minimum ratio of the time of the peer to that of calicoctl."""
    memory: float | None = None
    """Maximum ratio of the memory of calicoctl to that of the peer."""


TARGETS = {
    "create": Target(10),
    "apply, unchanged": Target(20),
    "get -o yaml": Target(2, 1 / 3),
    "get": Target(memory=1 / 3),
    "validate": Target(2),
}
_MAX_SINGLE_RATIO = 2
"""Maximum ratio of the time of calicoctl to that of the peer, for one policy."""


@dataclass
class MeasuredProgram:
    """A program with its runs."""

    program: Sequence[str]
    policies: str
    """Name of the kind policy in the program."""
    takes_v3: bool = False
    runs: dict[tuple[str, int], list[Run]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def commands(self, plain: str, changed: str) -> dict[str, tuple[str, ...]]:
        """Return the measured commands in order; after them, the datastore is empty again."""
        arguments_by_name = {
            "validate": ("validate", "-f", plain),
            "create": ("create", "-f", plain),
            "apply, unchanged": ("apply", "-f", plain),
            "apply, every tenth changed": ("apply", "-f", changed),
            "get -o yaml": ("get", self.policies, "-o", "yaml"),
            "get": ("get", self.policies),
            "delete": ("delete", "-f", plain),
        }
        return {name: (*self.program, *arguments) for name, arguments in arguments_by_name.items()}

    def measure(self, count: int, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        """Run all commands once; a failed command has no figures."""
        for name, command in commands.items():
            try:
                self.runs.setdefault((name, count), []).append(run(command, environment))
            except (FailedError, OSError) as error:
                self.failures[name] = str(error)

    def seconds(self, name: str, count: int) -> float | None:
        """Return the time of the fastest run, which other programs affect least."""
        runs = self.runs.get((name, count))
        return None if name in self.failures or not runs else min(each.seconds for each in runs)

    def mebibytes(self, name: str, count: int) -> float | None:
        """Return the maximum memory of all runs, in the largest process."""
        runs = self.runs.get((name, count))
        return None if name in self.failures or not runs else max(each.mebibytes for each in runs)


def measured_programs() -> list[MeasuredProgram]:
    """Return this calicoctl, and the peer if one is set."""
    ours = MeasuredProgram(CALICOCTL, "policy")
    peer = peer_program()
    return [ours, MeasuredProgram((peer,), "globalnetworkpolicies", takes_v3=True)] if peer else [ours]


def measure(counts: Iterable[int], rounds: int) -> list[MeasuredProgram]:
    """Run all commands `rounds` times, in turn, so that a temporary load affects all of them.

    Each program has its own etcd, initialized by this calicoctl: that of Calico leaves it to the agent.
    """
    measured = measured_programs()
    for count in counts:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stores:
            plain, changed = Path(folder, "policies.yaml"), Path(folder, "changed.yaml")
            plain.write_text(manifest(count), encoding="utf-8")
            changed.write_text(manifest(count, changed=True), encoding="utf-8")
            prepared = []
            for each in measured:
                files = [str(convert_to_v3(path, Path(folder)) if each.takes_v3 else path) for path in (plain, changed)]
                prepared.append((each, each.commands(*files), _initialize_etcd(stores, Path(folder))))
            for _ in range(rounds):
                for each, commands, environment in prepared:
                    each.measure(count, commands, environment)
    return measured


def _initialize_etcd(stores: ExitStack, folder: Path) -> dict[str, str]:
    """Start an etcd and initialize it; return the environment variables that select it."""
    server = stores.enter_context(new_etcd())
    environment = {"ETCD_ENDPOINTS": server.endpoint, "DATASTORE_TYPE": "etcdv3"}
    path = folder / "one.yaml"
    path.write_text(manifest(1), encoding="utf-8")
    for verb in ("create", "delete"):
        run((*CALICOCTL, verb, "-f", str(path)), environment)
    return environment


def rows(measured: Sequence[MeasuredProgram], counts: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Yield the table: seconds for each number of policies, growth, memory, and the comparison with the peer."""
    largest = max(counts)
    growth = f"{largest:,} / {largest // 10:,}" if largest // 10 in counts else "growth"
    yield ("command", *(f"{count:,}" for count in counts), growth, f"MiB at {largest:,}", "")
    ours, *others = measured
    for name in ours.commands("", ""):
        yield _row(ours, name, name, counts)
        for other in others:
            yield _row(other, name, f"peer: {name}", counts)
            yield _comparison(ours, other, name, counts)


def figures(measured: Sequence[MeasuredProgram], counts: Sequence[int]) -> Iterator[Figure]:
    """Yield the fastest run of each command for each number of policies."""
    ours, *others = measured
    for program in measured:
        for name in ours.commands("", ""):
            for count in counts:
                if seconds := program.seconds(name, count):
                    runs = program.runs[name, count]
                    peer = others[0].seconds(name, count) if others and program is ours else None
                    cpu, memory = min(run.cpu for run in runs), max(run.mebibytes for run in runs)
                    case = f"{'' if program is ours else 'peer: '}{name}, {count:,} policies"
                    yield Figure(case, seconds, cpu, memory, peer=seconds / peer if peer else None)


def _row(program: MeasuredProgram, name: str, title: str, counts: Sequence[int]) -> tuple[str, ...]:
    seconds = [program.seconds(name, count) for count in counts]
    largest = max(counts)
    last, before = program.seconds(name, largest), program.seconds(name, largest // 10)
    growth = last / before if last and before else None
    verdict = "" if growth is None or growth <= _MAX_GROWTH else f"grows more than {_MAX_GROWTH} times"
    failure = f"failed: {program.failures[name]}" if name in program.failures else verdict
    figures = (*(_format_figure(each, ".2f") for each in seconds), _format_figure(growth, ".1f"))
    return (title, *figures, _format_figure(program.mebibytes(name, largest), ".0f"), failure)


def _comparison(ours: MeasuredProgram, other: MeasuredProgram, name: str, counts: Sequence[int]) -> tuple[str, ...]:
    """Return the row with the ratios of time and memory to the peer."""
    largest = max(counts)
    faster = [_ratio(other.seconds(name, count), ours.seconds(name, count)) for count in counts]
    memory = _ratio(ours.mebibytes(name, largest), other.mebibytes(name, largest))
    target = TARGETS.get(name, Target())
    targets = [
        ("one policy", faster[counts.index(1)] if 1 in counts else None, 1 / _MAX_SINGLE_RATIO),
        ("most policies", faster[counts.index(largest)], target.faster),
        ("memory", 1 / memory if memory else None, 1 / target.memory if target.memory else None),
    ]
    missed = [title for title, value, target in targets if value is not None and target is not None and value < target]
    verdict = "" if not any(faster) else f"missed: {', '.join(missed)}" if missed else "met"
    return (
        "  times as fast",
        *(_format_figure(each, ".1f") for each in faster),
        "",
        _format_figure(memory, ".0%"),
        verdict,
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _format_figure(figure: float | None, format_spec: str) -> str:
    return "-" if figure is None else format(figure, format_spec)
