"""What many policies at once take: time, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.policies import manifest
from bench.process import FailedError, run
from bench.startup import CALICOCTL
from calicoctl.commands import VERBS

HEADING = ("policies", "command", "s", "ms a policy", "peak MiB")


def measure(count: int, rounds: int) -> Iterator[tuple[str, ...]]:
    """A row for each command with so many policies: the quickest of `rounds` runs, and the most memory.

    The commands of a round follow each other on one store, which is as empty after them as before.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, changed = Path(folder, "policies.yaml"), Path(folder, "changed.yaml")
        plain.write_text(manifest(count), encoding="utf-8")
        changed.write_text(manifest(count, changed=True), encoding="utf-8")
        commands = _commands(str(plain), str(changed))
        try:
            results = [{name: run((*CALICOCTL, *words)) for name, words in commands.items()} for _ in range(rounds)]
        except FailedError as error:
            yield (f"{count:,}", "-", "-", "-", f"failed: {error}")
            return
    for name in commands:
        seconds = min(result[name].seconds for result in results)
        mebibytes = max(result[name].mebibytes for result in results)
        yield (f"{count:,}", name, f"{seconds:.2f}", f"{seconds * 1000 / count:.2f}", f"{mebibytes:.0f}")


def _commands(plain: str, changed: str) -> dict[str, tuple[str, ...]]:
    """The commands that are measured, in their order; those of verbs that there are."""
    commands = {
        "validate": ("validate", "-f", plain),
        "create": ("create", "-f", plain),
        "apply, unchanged": ("apply", "-f", plain),
        "apply, every tenth changed": ("apply", "-f", changed),
        "get -o yaml": ("get", "policy", "-o", "yaml"),
        "get": ("get", "policy"),
        "delete": ("delete", "-f", plain),
    }
    return {name: words for name, words in commands.items() if words[0] in VERBS}
