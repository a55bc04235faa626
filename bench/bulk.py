"""What many policies at once take, beside a peer where one is named: time, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.policies import manifest
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL, in_v3, peer
from bench.store import fresh_etcd

COUNTS = (1, 100, 1000, 10_000)
_GROWTH = 12
"""Ten times as many policies take at most so many times as long."""


class Target(NamedTuple):
    """How ours is to compare with the peer."""

    faster: float | None = None
    """So many times as fast with the most policies."""
    memory: float | None = None
    """At most so much of its memory then."""


TARGETS = {
    "create": Target(10),
    "apply, unchanged": Target(20),
    "get -o yaml": Target(2, 1 / 3),
    "get": Target(memory=1 / 3),
    "validate": Target(2),
}
_ALONE = 2
"""With one policy, ours takes at most so many times as long as the peer."""


@dataclass
class Contestant:
    """A program, and what it took."""

    program: Sequence[str]
    policies: str
    """Its word for them."""
    takes_v3: bool = False
    runs: dict[tuple[str, int], list[Run]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def commands(self, plain: str, changed: str) -> dict[str, tuple[str, ...]]:
        """The commands that are measured, in their order: after them the store is as empty as before."""
        words = {
            "validate": ("validate", "-f", plain),
            "create": ("create", "-f", plain),
            "apply, unchanged": ("apply", "-f", plain),
            "apply, every tenth changed": ("apply", "-f", changed),
            "get -o yaml": ("get", self.policies, "-o", "yaml"),
            "get": ("get", self.policies),
            "delete": ("delete", "-f", plain),
        }
        return {name: (*self.program, *arguments) for name, arguments in words.items()}

    def measure(self, count: int, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        """Run all commands once more; what fails has no figures."""
        for name, command in commands.items():
            try:
                self.runs.setdefault((name, count), []).append(run(command, environment))
            except (FailedError, OSError) as error:
                self.failures[name] = str(error)

    def seconds(self, name: str, count: int) -> float | None:
        """The quickest run: other programs have disturbed it least."""
        runs = self.runs.get((name, count))
        return None if name in self.failures or not runs else min(each.seconds for each in runs)

    def mebibytes(self, name: str, count: int) -> float | None:
        """The most memory that any run had, in its largest process."""
        runs = self.runs.get((name, count))
        return None if name in self.failures or not runs else max(each.mebibytes for each in runs)


def contestants() -> list[Contestant]:
    """Ours, and the peer where one is named."""
    ours = Contestant(CALICOCTL, "policy")
    other = peer()
    return [ours, Contestant((other,), "globalnetworkpolicies", takes_v3=True)] if other else [ours]


def measure(counts: Iterable[int], rounds: int) -> list[Contestant]:
    """Run everything `rounds` times, in turns, so that a slow moment of the machine meets all of them.

    Each contestant has an etcd of its own, which ours has initialised: Calico's tools leave that to the agent.
    """
    measured = contestants()
    for count in counts:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stores:
            plain, changed = Path(folder, "policies.yaml"), Path(folder, "changed.yaml")
            plain.write_text(manifest(count), encoding="utf-8")
            changed.write_text(manifest(count, changed=True), encoding="utf-8")
            prepared = []
            for each in measured:
                files = [str(in_v3(path, Path(folder)) if each.takes_v3 else path) for path in (plain, changed)]
                prepared.append((each, each.commands(*files), _initialised(stores, Path(folder))))
            for _ in range(rounds):
                for each, commands, environment in prepared:
                    each.measure(count, commands, environment)
    return measured


def _initialised(stores: ExitStack, folder: Path) -> dict[str, str]:
    """What leads to a fresh etcd without any policy."""
    server = stores.enter_context(fresh_etcd())
    environment = {"ETCD_ENDPOINTS": server.endpoint, "DATASTORE_TYPE": "etcdv3"}
    one = folder / "one.yaml"
    one.write_text(manifest(1), encoding="utf-8")
    for verb in ("create", "delete"):
        run((*CALICOCTL, verb, "-f", str(one)), environment)
    return environment


def rows(measured: Sequence[Contestant], counts: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """The table: seconds for each number of policies, how they grow, and memory; beside the peer's."""
    most = max(counts)
    growth = f"{most:,} / {most // 10:,}" if most // 10 in counts else "growth"
    yield ("command", *(f"{count:,}" for count in counts), growth, f"MiB at {most:,}", "")
    ours, *others = measured
    for name in ours.commands("", ""):
        yield _row(ours, name, name, counts)
        for other in others:
            yield _row(other, name, f"peer: {name}", counts)
            yield _comparison(ours, other, name, counts)


def _row(contestant: Contestant, name: str, title: str, counts: Sequence[int]) -> tuple[str, ...]:
    seconds = [contestant.seconds(name, count) for count in counts]
    most = max(counts)
    last, before = contestant.seconds(name, most), contestant.seconds(name, most // 10)
    growth = last / before if last and before else None
    verdict = "" if growth is None or growth <= _GROWTH else f"grows more than {_GROWTH} times"
    failure = f"failed: {contestant.failures[name]}" if name in contestant.failures else verdict
    figures = (*(_shown(each, ".2f") for each in seconds), _shown(growth, ".1f"))
    return (title, *figures, _shown(contestant.mebibytes(name, most), ".0f"), failure)


def _comparison(ours: Contestant, other: Contestant, name: str, counts: Sequence[int]) -> tuple[str, ...]:
    """How many times as fast as the peer, and the part of its memory."""
    most = max(counts)
    faster = [_ratio(other.seconds(name, count), ours.seconds(name, count)) for count in counts]
    memory = _ratio(ours.mebibytes(name, most), other.mebibytes(name, most))
    target = TARGETS.get(name, Target())
    wanted = [
        ("with one", faster[counts.index(1)] if 1 in counts else None, 1 / _ALONE),
        ("with the most", faster[counts.index(most)], target.faster),
        ("memory", 1 / memory if memory else None, 1 / target.memory if target.memory else None),
    ]
    missed = [what for what, have, want in wanted if have is not None and want is not None and have < want]
    verdict = "" if not any(faster) else f"missed: {', '.join(missed)}" if missed else "met"
    return ("  times as fast", *(_shown(each, ".1f") for each in faster), "", _shown(memory, ".0%"), verdict)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _shown(figure: float | None, form: str) -> str:
    return "-" if figure is None else format(figure, form)
