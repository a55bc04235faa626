"""Runs of `apply` as processes, and the values that they leave in the datastore."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence

from tests.soak.history import Run
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy
from tests.support.processes import COMMAND
from tests.support.stored_objects import policy_key

BATCH = 64
"""Operations of a transaction."""
_MAX_SECONDS = 240
"""A run that takes longer hangs."""


def policy_names(size: int, first: int = 0) -> list[str]:
    return [f"p{number:05}" for number in range(first, first + size)]


class Application:
    """A process of `apply` that writes a number to policies."""

    def __init__(self, number: int, names: Sequence[str], endpoints: Sequence[str], timeout: float) -> None:
        self.number = number
        self._names = names
        self._started = time.monotonic()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ETCD_")}
        self.process = subprocess.Popen(
            [*COMMAND, "apply", "-f", "-", f"--max-txn-ops={BATCH}", f"--timeout={timeout}"],
            env={**environment, "ETCD_ENDPOINTS": ",".join(endpoints)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> Run:
        """Send the manifests, and wait for the end.

        Raises:
            TimeoutExpired: the process hangs; it is killed.
        """
        text = manifest(*(policy(name, order=self.number) for name in self._names))
        try:
            stdout, stderr = self.process.communicate(text, timeout=_MAX_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        code = self.process.returncode
        return Run(self.number, frozenset(self._names), self._started, time.monotonic(), code, stdout, stderr)


def stored_numbers(store: Etcd) -> dict[str, int]:
    """Return the value of each stored policy, read without calicoctl."""
    prefix = policy_key("")
    values = store.values(prefix)
    return {key.removeprefix(prefix).removeprefix("default."): _number(value) for key, value in values.items()}


def _number(value: bytes) -> int:
    return int(json.loads(value)["spec"]["order"])
