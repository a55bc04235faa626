"""The long form of the tests: `python -m tests.soak --seed 1 --count 50000`, or `make soak`.

Each wrong answer is printed with its seed and its number, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from random import Random

import click
from click.testing import CliRunner

from calicoctl.cli import main
from tests.soak.boundaries import BoundaryTest, boundaries
from tests.soak.faults import FAULTS, MEMBER_FAULTS
from tests.soak.fuzzer import wrong_answers
from tests.soak.plans import plans
from tests.soak.rounds import Rounds, SingleServer, ThreeServers, full_etcd, random_rounds
from tests.soak.targets import Target, configurations, manifests, selectors, stored_values
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.runner import Calicoctl, Result


def _calicoctl(environment: Mapping[str, str]) -> Calicoctl:
    def run(
        *args: str,
        input: str | bytes | None = None,  # noqa: A002  # as in subprocess
        env: Mapping[str, str] | None = None,
    ) -> Result:
        variables = {**environment, **(env or {})}
        result = CliRunner().invoke(main, args, input=input, env=variables, catch_exceptions=False)
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


_TARGETS: dict[str, Callable[[Path, Etcd, Calicoctl], Target]] = {
    "manifests": lambda _folder, _store, calicoctl: manifests(calicoctl),
    "stored": lambda _folder, store, calicoctl: stored_values(store, calicoctl),
    "plans": plans,
    "configurations": lambda folder, _store, _calicoctl: configurations(folder / "calicoctl.cfg"),
    "selectors": lambda _folder, _store, _calicoctl: selectors(),
}
"""What reads mutated inputs. Each begins with an empty datastore."""


def feed(folder: Path, seed: int, count: int, names: Sequence[str]) -> int:
    """Feed mutated inputs to targets; print and count wrong answers."""
    found = 0
    with running_etcd(folder) as store:
        calicoctl = _calicoctl({"ETCD_ENDPOINTS": store.endpoint})
        for name in names:
            store.wipe()
            target, started = _TARGETS[name](folder, store, calicoctl), time.monotonic()
            wrong = list(wrong_answers(target, seed, count))
            found += len(wrong)
            click.echo("".join(f"{each}\n" for each in wrong), nl=False)
            seconds = time.monotonic() - started
            click.echo(f"{target.name}: {count} inputs, {len(wrong)} wrong answers, {seconds:.0f} s")
    return found


_SERVERS: dict[str, Callable[[Path], SingleServer | ThreeServers]] = {"one": SingleServer, "three": ThreeServers}


def play(folder: Path, seed: int, count: int, servers: Collection[str], faults: Sequence[str]) -> int:
    """Play rounds of writes with faults; print them, and return the number of wrong reports."""
    found = 0
    for name in servers:
        (home := folder / name).mkdir()
        server, random = _SERVERS[name](home), Random(f"{seed} {name}")  # noqa: S311 - repeatable
        possible = [fault for fault in faults if name == "three" or fault not in MEMBER_FAULTS]
        try:
            rounds = Rounds(server, random)
            for number, (text, wrong) in enumerate(random_rounds(rounds, random, count, possible)):
                found += len(wrong)
                click.echo("\n  ".join((f"servers: {name}, round {number}: {text}", *wrong)))
        finally:
            server.close()
        click.echo(f"servers: {name}, {rounds.summary}")
    (home := folder / "full").mkdir()
    wrong = list(full_etcd(home))
    click.echo("\n  ".join(("a full etcd", *wrong)))
    return found + len(wrong)


def stop_at_boundaries(folder: Path, parts: int) -> int:
    """Stop writes at every boundary of their transactions; print and count wrong reports."""
    (home := folder / "boundaries").mkdir()
    started, found, count = time.monotonic(), 0, 0
    with running_etcd(home) as store:
        test = BoundaryTest(store, _calicoctl({"ETCD_ENDPOINTS": store.endpoint}), parts)
        for boundary in boundaries(parts):
            count += 1
            for problem in test.problems(boundary):
                found += 1
                click.echo(f"{boundary}: {problem}")
    click.echo(f"boundaries: {count} stopped writes, {found} wrong reports, {time.monotonic() - started:.0f} s")
    return found


def run() -> int:
    """Run all targets and return the exit code."""
    parser = argparse.ArgumentParser(description="Feed mutated inputs to calicoctl, and disturb its writes.")
    parser.add_argument("--seed", type=int, default=1, help="selects the inputs")
    parser.add_argument("--count", type=int, default=10_000, help="number of inputs of each target")
    parser.add_argument("--targets", nargs="+", choices=_TARGETS, default=list(_TARGETS), help="readers of the inputs")
    parser.add_argument(
        "--rounds", type=int, default=30, help="number of writes with a fault, for one and three servers"
    )
    parser.add_argument("--servers", nargs="+", choices=_SERVERS, default=list(_SERVERS), help="servers of the rounds")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS), help="faults of the rounds")
    parser.add_argument(
        "--transactions", type=int, default=10, help="transactions of the writes that are stopped at each; 0 for none"
    )
    parser.add_argument("--etcd", help="directory with the etcd and etcdctl to use, such as /usr/bin")
    options = parser.parse_args()
    # A shell lets its background processes ignore Ctrl-C, and nohup lets them ignore SIGHUP, with all their children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if options.etcd:
        os.environ["TEST_ETCD"] = options.etcd
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        if options.transactions:
            found += stop_at_boundaries(Path(folder), options.transactions)
        if options.rounds:
            found += play(Path(folder), options.seed, options.rounds, options.servers, options.faults)
        if options.count:
            found += feed(Path(folder), options.seed, options.count, options.targets)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run())
