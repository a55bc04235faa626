"""Signals at every boundary of a write in several transactions: its report, the datastore and the history agree.

A proxy holds a chosen transaction, so that the same transactions are executed before the signal in each run.
"""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from subprocess import Popen
from typing import NamedTuple

from tests.soak.history import PARTLY_WRITTEN, Run
from tests.support.etcd_server import HISTORY_PREFIX, Etcd
from tests.support.http2_proxy import Http2Proxy
from tests.support.manifests import manifest, policy
from tests.support.processes import run_disturbed
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)
MOMENTS = ("before", "lost", "executed", "answer lost")
"""What happens to the transaction at the boundary: the signal is before it and it goes on, or is lost; or the signal is
after its execution, and its answer arrives later, or is lost."""
_OPERATIONS = 8
"""Operations of a transaction: seven resources, or six, and the entry of the history."""
_PER_TRANSACTION = 7
_IN_FLIGHT = 8
"""Transactions that are sent before the first one is answered."""
_WAIT_SECONDS = 20


class Boundary(NamedTuple):
    """A place of a write, with a signal."""

    verb: str
    part: int
    """Number of the transaction."""
    moment: str
    number: signal.Signals
    undo_part: int | None = None
    """Number of a transaction whose rollback a second signal stops."""

    def __str__(self) -> str:
        second = "" if self.undo_part is None else f", and again at the rollback of {self.undo_part}"
        return f"{self.verb}: {self.number.name}, {self.moment}, transaction {self.part}{second}"


def boundaries(parts: int) -> Iterator[Boundary]:
    """Yield every boundary of writes in `parts` transactions with every signal.

    The rollback is stopped where it happens for certain: where transactions remain to be sent.
    """
    for verb in ("apply", "delete"):
        for part in range(parts):
            for moment in MOMENTS:
                yield from (Boundary(verb, part, moment, number) for number in SIGNALS)
            for undo_part in range(part + 1) if part + _IN_FLIGHT < parts else ():
                yield Boundary(verb, part, "before", SIGNALS[undo_part % 3], undo_part)


class BoundaryTest:
    """Writes of several transactions that signals stop."""

    def __init__(self, store: Etcd, calicoctl: Calicoctl, parts: int) -> None:
        self._store = store
        self._calicoctl = calicoctl
        self._names = [f"p{number:03}" for number in range(parts * _PER_TRANSACTION)]
        self._texts = [manifest(*(policy(name, order=order) for name in self._names)) for order in (1, 2)]

    def problems(self, boundary: Boundary) -> Iterator[str]:
        """Run a write that ends at a boundary, and yield what is wrong."""
        self._store.wipe()
        self._calicoctl("apply", "-f", "-", input=self._texts[0], env={"CALICO_HISTORY": "off"})
        before = self._policies()
        proxy = Http2Proxy(self._store.endpoint)
        try:
            run = self._disturb(proxy, boundary)
        finally:
            proxy.close()
        self._store.wait_until_quiet()  # etcd executes what a killed process sent
        after = self._policies()
        yield from self._false_report(boundary, run, before, after)
        yield from self._false_history(before, after)

    def _disturb(self, proxy: Http2Proxy, boundary: Boundary) -> Run:
        def hold(process: Popen[str]) -> None:
            if boundary.part:
                self._wait_for(boundary.part - 1)
            if boundary.moment in {"before", "lost"}:
                self._send_signal(proxy, boundary, process)
                return
            proxy.freeze()
            threading.Thread(target=end_after_execution, args=(process,)).start()

        def end_after_execution(process: Popen[str]) -> None:
            self._wait_for(boundary.part)
            self._send_signal(proxy, boundary, process)
            proxy.thaw()

        started = time.monotonic()
        result = run_disturbed(
            proxy,
            _marker(boundary.part),
            hold,
            *(boundary.verb, "-f", "-", f"--max-txn-ops={_OPERATIONS}", "--timeout=5"),
            text=self._texts[1],
        )
        return Run(0, frozenset(self._names), started, time.monotonic(), *result)

    @staticmethod
    def _send_signal(proxy: Http2Proxy, boundary: Boundary, process: Popen[str]) -> None:
        def end_rollback() -> None:
            process.send_signal(boundary.number)
            process.wait()

        if boundary.undo_part is not None:
            proxy.on_request(_rollback_marker(boundary.undo_part), end_rollback)
        process.send_signal(boundary.number)
        if boundary.number is signal.SIGKILL:
            process.wait()
        if boundary.moment in {"lost", "answer lost"}:
            proxy.cut()

    def _wait_for(self, part: int) -> None:
        """Wait until a transaction and all before it are executed."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while len(self._store.keys(HISTORY_PREFIX)) <= part:
            if time.monotonic() > deadline:
                raise TimeoutError(f"transaction {part} is not executed")
            time.sleep(0.002)

    def _policies(self) -> dict[str, bytes]:
        return self._store.values(policy_key(""))

    def _false_report(
        self, boundary: Boundary, run: Run, before: dict[str, bytes], after: dict[str, bytes]
    ) -> Iterator[str]:
        changed = sum(after.get(key) != value for key, value in before.items())
        least, most = run.announcement
        if boundary.number is signal.SIGKILL:
            least = boundary.part * _PER_TRANSACTION  # they were executed before
        report = f"exit code {run.exit_code}: {run.stderr!r}"
        if run.exit_code != _expected_exit_code(boundary.number):
            yield report
        if not least <= changed <= most:
            yield f"{changed} keys are changed; {report}"
        stops_undo = boundary.undo_part is not None
        if boundary.number is not signal.SIGKILL and not stops_undo and changed not in {0, len(before)}:
            yield f"not rolled back; {report}"
        counts = PARTLY_WRITTEN.search(run.stderr)
        if stops_undo and (not counts or int(counts[2] or 0) > _PER_TRANSACTION):
            yield f"more keys are unknown than those of one transaction; {report}"

    def _false_history(self, before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
        """Yield whether the history lists other keys than those that are changed, or cannot restore them."""
        changed = {key for key, value in before.items() if after.get(key) != value}
        listed = self._calicoctl("history", "-o", "json")
        recorded = {each["key"] for command in json.loads(listed.stdout) for each in command["resources"]}
        if recorded != changed:
            yield f"the history has {len(recorded)} keys, {len(changed)} are changed"
        if changed:
            result = self._calicoctl("rollback", "--last", "--yes")
            if self._policies() != before:
                yield f"not restored: {result}"


def _marker(part: int) -> bytes:
    """Return bytes of the key of the history that only one transaction of a command has."""
    return f"/{part:04}-".encode()


def _rollback_marker(part: int) -> re.Pattern[bytes]:
    """Return a pattern of the deletion of this key: a DeleteRangeRequest in a RequestOp."""
    return re.compile(rb"\x1a.\x0a." + HISTORY_PREFIX.encode() + rb"[^/]+/%04d-" % part, re.DOTALL)


def _expected_exit_code(number: signal.Signals) -> int:
    return -number if number is signal.SIGKILL else 128 + number
