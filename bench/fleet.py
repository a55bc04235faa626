"""Benchmark of many clients at the same time on three members of etcd. The reports are checked."""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench import policies
from bench.etcd import etcd_cluster
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL, peer_program
from tests.support.etcd_server import Etcd

WIDTHS = (34, 9, 9, 6, 6, 12, 8, 9, 0)
HEADING = ("clients", "finished", "median s", "max s", "ratio", "CPU ms each", "x peer", "peak MiB", "")
_PROFILE = "fleet"
_WRITTEN = {"created", "configured"}
_TIMEOUT = ("--timeout", "60s")
"""All clients share the processors, so that each waits longer than on a machine of its own."""
_SUCCESS_CODES = (0, 1)
"""Exit codes without and with differences (`diff`)."""


class Client(NamedTuple):
    """A command of the fleet."""

    operation: str
    command: Sequence[str]
    output: Path


class ClientResult(NamedTuple):
    """Result of a client."""

    client: Client
    measured: Run | None
    failure: str = ""

    @property
    def writes(self) -> int:
        """Number of resources that the report of the client lists as written."""
        if self.measured is None or self.client.operation not in _WRITING:
            return 0
        return sum(each["action"] in _WRITTEN for each in json.loads(self.client.output.read_text(encoding="utf-8")))


_WRITING = ("apply, own policy", "apply, same policy", "label, same profile")


def measure(count: int) -> Iterator[tuple[str, ...]]:
    """Run `count` clients at the same time; yield a row for each operation, with the comparison of the reports."""
    yield HEADING
    peer = peer_program()
    with tempfile.TemporaryDirectory(prefix="calicoctl-fleet-") as folder:
        peer_cpu = dict(_measure_peer(peer, count, Path(folder, "peer"))) if peer else {}
        with Fleet(Path(folder, "fleet")) as fleet:
            fleet.fill(count)
            before = fleet.etcd.revision()
            results = fleet.run([fleet.client(number) for number in range(count)])
            problems = fleet.find_false_reports(results, before)
        for operation in dict.fromkeys(result.client.operation for result in results):
            yield _row(operation, [each for each in results if each.client.operation == operation], peer_cpu)
        yield _row("all", results, peer_cpu)
        for problem in problems:
            yield (problem, *[""] * (len(HEADING) - 1))
        writes = sum(each.writes for each in results)
        yield (f"{writes} writes reported, {len(problems)} false reports", *[""] * (len(HEADING) - 1))


def _row(operation: str, results: Sequence[ClientResult], peer_cpu: dict[str, float]) -> tuple[str, ...]:
    finished = [each.measured for each in results if each.measured]
    failures = sorted({each.failure for each in results if each.failure})
    if not finished:
        return (f"{len(results)} {operation}", "0", *["-"] * 6, *failures[:1])
    seconds = [each.seconds for each in finished]
    median, slowest = statistics.median(seconds), max(seconds)
    cpu = statistics.mean(each.cpu for each in finished)
    return (
        f"{len(results)} {operation}",
        str(len(finished)),
        f"{median:.1f}",
        f"{slowest:.1f}",
        f"{slowest / median:.1f}",
        f"{cpu * 1000:.0f}",
        f"{cpu / peer_cpu[operation]:.1f}" if operation in peer_cpu else "-",
        f"{max(each.mebibytes for each in finished):.0f}",
        failures[0] if failures else "",
    )


class Fleet:
    """A cluster with its clients."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        members = self._running.enter_context(etcd_cluster(folder))
        self.etcd: Etcd = members[0]
        endpoints = ",".join(each.endpoint for each in members)
        self._environment = {"ETCD_ENDPOINTS": endpoints, "DATASTORE_TYPE": "etcdv3"}

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def fill(self, count: int) -> None:
        """Write policies and the profile that clients change."""
        run((*CALICOCTL, "create", "-f", str(self._file("policies", policies.manifest(count)))), self._environment)
        profile = json.dumps({"apiVersion": "v1", "kind": "profile", "metadata": {"name": _PROFILE}})
        run((*CALICOCTL, "create", "-f", str(self._file("profile", profile))), self._environment)

    def client(self, number: int) -> Client:
        """Return the command of a client."""
        name = ("get", "diff", *_WRITING)[number % 5]
        commands = {
            "get": ("get", "policy", f"app-{number:05}", "-o", "json"),
            "diff": ("diff", "-f", str(self.policy(f"app-{number:05}", number)), "-o", "json"),
            "apply, own policy": ("apply", "-f", str(self.policy(f"own-{number}", number)), "-o", "json"),
            "apply, same policy": ("apply", "-f", str(self.policy("same", number)), "-o", "json"),
            "label, same profile": ("label", "profile", _PROFILE, f"n{number}=1", "-o", "json"),
        }
        return Client(name, (*CALICOCTL, *commands[name], *_TIMEOUT), self._folder / f"{number}.out")

    def policy(self, name: str, order: int) -> Path:
        """Return a manifest of a policy with this order."""
        document = {"apiVersion": "v1", "kind": "policy", "metadata": {"name": name}, "spec": {"order": order}}
        return self._file(f"{name}-{order}", json.dumps(document))

    def v3_policy(self, name: str, order: int) -> Path:
        """Return the same policy in a manifest of Calico 3."""
        document = {
            "apiVersion": "projectcalico.org/v3",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": name},
            "spec": {"order": order, "selector": "all()", "types": ["Ingress", "Egress"]},
        }
        return self._file(f"v3-{name}-{order}", json.dumps(document))

    def _file(self, name: str, text: str) -> Path:
        path = self._folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, clients: Sequence[Client]) -> list[ClientResult]:
        """Start all clients at the same time, and wait for all."""
        start = threading.Barrier(len(clients))

        def run_client(client: Client) -> ClientResult:
            start.wait()
            try:
                return ClientResult(client, run(client.command, self._environment, _SUCCESS_CODES, client.output))
            except FailedError as error:
                return ClientResult(client, None, str(error))

        with ThreadPoolExecutor(len(clients)) as pool:
            return list(pool.map(run_client, clients))

    def find_false_reports(self, results: Sequence[ClientResult], revision: int) -> list[str]:
        """Return the differences of the reports from the datastore.

        Each write is one transaction, so the revision has grown by the number of reported writes.
        """
        stored = {key.rpartition("/")[2]: json.loads(value) for key, value in self.etcd.values("/calico/").items()}
        expected: dict[str, bool] = {}
        for number, result in enumerate(results):
            if result.writes and result.client.operation == "apply, own policy":
                expected[f"own-{number}"] = stored.get(f"own-{number}", {}).get("spec", {}).get("order") == number
            if result.writes and result.client.operation == "label, same profile":
                expected[f"label n{number}"] = f"n{number}" in stored[_PROFILE]["spec"].get("labelsToApply", {})
        problems = [f"reported and not stored: {name}" for name, holds in expected.items() if not holds]
        writes, grown = sum(each.writes for each in results), self.etcd.revision() - revision
        unknown = sum(each.measured is None and each.client.operation in _WRITING for each in results)
        if not writes <= grown <= writes + unknown:
            problems.append(f"{writes} writes reported, {grown} transactions in etcd")
        return problems


def _measure_peer(peer: str, count: int, folder: Path) -> Iterator[tuple[str, float]]:
    """Yield the mean CPU seconds of the same operations of the peer, which has no `diff`."""
    with Fleet(folder) as fleet:
        fleet.fill(count)
        results = fleet.run([client for number in range(count) if (client := _peer_client(fleet, peer, number))])
    for operation in dict.fromkeys(each.client.operation for each in results):
        measured = [each.measured.cpu for each in results if each.measured and each.client.operation == operation]
        failed = sum(each.client.operation == operation for each in results) - len(measured)
        if failed:
            print(f"peer: {failed} of {failed + len(measured)} failed: {operation}", flush=True)
        if measured:
            yield operation, statistics.mean(measured)


def _peer_client(fleet: Fleet, peer: str, number: int) -> Client | None:
    ours = fleet.client(number)
    if ours.operation == "diff":
        return None
    if ours.operation == "get":
        return Client("get", (peer, "get", "globalnetworkpolicy", f"app-{number:05}", "-o", "json"), ours.output)
    if ours.operation == "label, same profile":
        return Client(ours.operation, (peer, "label", "profile", _PROFILE, f"n{number}=1"), ours.output)
    name = "same" if ours.operation == "apply, same policy" else f"own-{number}"
    return Client(ours.operation, (peer, "apply", "-f", str(fleet.v3_policy(name, number))), ours.output)
