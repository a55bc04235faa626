"""Rounds of the soak test: writes, with rivals, at a fault, over one or three members or a full etcd."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from tests.soak.faults import CLOSED_PROXY, FAULTS, IsolatedMembers, Scene, Server
from tests.soak.history import Run, contradictions
from tests.soak.workload import BATCH, Application, policy_names, stored_numbers
from tests.support.etcd_cluster import EtcdCluster
from tests.support.etcd_server import Etcd, RestartableEtcd, running_etcd
from tests.support.http2_proxy import Http2Proxy

SIZES = (1, 50, 400, 5000)
SHARES = (3, 6, 4, 1)
_TIMEOUT_SECONDS = 8
_QUOTA_BYTES = 2**20


class SingleServer:
    """One etcd."""

    def __init__(self, folder: Path) -> None:
        self._etcd = RestartableEtcd(folder)
        self.stores = [self._etcd.etcd]

    def restart(self, _random: Random) -> None:
        self._etcd.stop()
        self._etcd.start()

    def pause(self, _random: Random, seconds: float) -> None:
        _pause(self._etcd.pid, seconds)

    def isolate(self, _random: Random, _seconds: float, _members: IsolatedMembers) -> threading.Thread:
        raise LookupError("one etcd has no peers")

    def close(self) -> None:
        self._etcd.stop()


class ThreeServers:
    """Three members."""

    def __init__(self, folder: Path) -> None:
        self._cluster = EtcdCluster(folder)
        self._names = list(self._cluster.members)
        self.stores = [self._cluster.members[name] for name in self._names]

    def restart(self, random: Random) -> None:
        name = random.choice(self._names)
        self._cluster.kill(name)
        time.sleep(random.random() * 2)
        self._cluster.start(name)

    def pause(self, random: Random, seconds: float) -> None:
        _pause(self._cluster.pid(random.choice(self._names)), seconds)

    def isolate(self, random: Random, seconds: float, members: IsolatedMembers) -> threading.Thread:
        if members == "all":
            self._cluster.partition(*({name} for name in self._names))
        else:
            isolated = self._cluster.leader if members == "leader" else random.choice(self._names)
            self._cluster.partition({isolated}, {*self._names} - {isolated})
        timer = threading.Timer(seconds, self._cluster.partition)
        timer.start()
        time.sleep(_TIMEOUT_SECONDS / 100)
        return timer

    def close(self) -> None:
        self._cluster.close()


def _pause(pid: int, seconds: float) -> None:
    with suppress(ProcessLookupError):  # it is being restarted
        os.kill(pid, signal.SIGSTOP)

    def resume() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    threading.Timer(seconds, resume).start()
    time.sleep(0.05)


class Rounds:
    """Rounds over one server, each with a fault at a random place of the write."""

    def __init__(self, server: Server, random: Random) -> None:
        self._server = server
        self._random = random
        self._number = 0
        self._runs: list[Run] = []
        self._reported: set[str] = set()

    def play(self, fault: str, size: int, rivals: int) -> Iterator[str]:
        """Run a write with a fault and rivals, and yield what is wrong after it."""
        with _proxies(self._server.stores) as proxies:
            endpoints = [proxy.endpoint for proxy in proxies]
            direct = [self._server.stores[-1].endpoint]
            writers = [self._start(policy_names(size), [*endpoints, *(direct if fault in CLOSED_PROXY else ())])]
            half = policy_names(size // 2 + 1, self._random.randrange(size))
            writers += [self._start(half, direct) for _ in range(rivals)]
            scene = Scene(self._random, writers[0].process, proxies, self._server, [])
            place = self._random.randrange(0, size, BATCH // 2) if size > BATCH else 0
            fire = _once(lambda: FAULTS[fault](scene))
            for proxy in proxies:
                proxy.on_request(f'"name":"p{place:05}"'.encode(), fire)
            self._finish(writers)
            for timer in scene.timers:
                timer.join()
        for contradiction in contradictions(self._runs, self._read()):
            if contradiction not in self._reported:
                self._reported.add(contradiction)
                yield contradiction

    def _start(self, names: Sequence[str], endpoints: Sequence[str]) -> Application:
        self._number += 1
        return Application(self._number, names, endpoints, _TIMEOUT_SECONDS)

    def _finish(self, writers: Sequence[Application]) -> None:
        with ThreadPoolExecutor(len(writers)) as pool:
            self._runs += pool.map(Application.finish, writers)

    def _read(self) -> dict[str, int]:
        deadline = time.monotonic() + 60
        while True:
            try:
                return stored_numbers(self._server.stores[0])
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @property
    def summary(self) -> str:
        """Exit codes of all runs with their number."""
        codes = [run.exit_code for run in self._runs]
        return ", ".join(f"exit code {code}: {codes.count(code)}" for code in sorted(set(codes)))


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Return a function that does something at its first call only."""
    actions = [action]
    return lambda: actions.pop()() if actions else None


@contextmanager
def _proxies(stores: Sequence[Etcd]) -> Iterator[list[Http2Proxy]]:
    proxies = [Http2Proxy(store.endpoint) for store in stores]
    try:
        yield proxies
    finally:
        for proxy in proxies:
            proxy.close()


def random_rounds(
    rounds: Rounds, random: Random, count: int, names: Sequence[str] = tuple(FAULTS)
) -> Iterator[tuple[str, list[str]]]:
    """Play rounds with these faults in turn, and yield a description of each and what is wrong."""
    for index in range(count):
        fault = names[index % len(names)]
        (size,) = random.choices(SIZES, SHARES)
        rivals = random.choice((0, 0, 1, 2)) if size < SIZES[-1] else 0
        started = time.monotonic()
        wrong = list(rounds.play(fault, size, rivals))
        yield f"{fault}, {size} policies, {rivals} rivals, {time.monotonic() - started:.1f} s", wrong


def full_etcd(folder: Path) -> Iterator[str]:
    """Write until the space quota is exceeded, and yield what is wrong after it."""
    runs: list[Run] = []
    with running_etcd(folder, f"--quota-backend-bytes={_QUOTA_BYTES}") as store:
        for number in range(1, 40):
            runs.append(Application(number, policy_names(400), [store.endpoint], _TIMEOUT_SECONDS).finish())
            yield from contradictions(runs, stored_numbers(store))
            if runs[-1].exit_code:
                break
    if runs[-1].exit_code != 4:
        yield f"no write failed: {runs[-1]}"
