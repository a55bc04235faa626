"""Mutated plan files: a plan that is applied makes exactly the changes that it shows, and a refused one makes none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from calicoctl.operations import plan_format
from tests.soak.mutator import change_values, mutate_text
from tests.soak.targets import Target, wrong_answer
from tests.support.etcd_server import HISTORY_PREFIX, Etcd
from tests.support.every_kind import EVERY_KIND_RESOURCES
from tests.support.manifests import manifest, policy, pool, profile
from tests.support.runner import Calicoctl

_PART_OF_TEXT = 0.1
"""Plans whose text is changed."""
_PART_OF_MANIFESTS = 0.5
"""Plans with changes in the manifest of one resource only, which are valid more often."""
_PART_OF_SIGNED = 0.9
"""Plans with changed values that have the right digest."""
_RULE = {"action": "allow", "protocol": "tcp", "source": {}, "destination": {"ports": [80]}}
_STORED = manifest(
    *EVERY_KIND_RESOURCES, profile("a"), profile("b"), policy("old"), policy("p", selector="has(x)", ingress=[_RULE])
)
_PLANNED = (
    (
        ("--set", "s", "--prune", "--prune-max", "100"),
        manifest(profile("a", labels={"x": "y"}), profile("b"), policy("p", selector="has(x)"), policy("new", order=1)),
    ),
    ((), manifest(policy("p", order=5, ingress=[_RULE]), policy("new", egress=[_RULE]), pool("10.7.0.0/16"))),
    (("--force",), manifest(*EVERY_KIND_RESOURCES, profile("new", tags=["x"]))),
)
_WRITTEN = {"created", "configured"}


class _Plans:
    """Plans of one state of the datastore, which is made again after a plan was applied."""

    def __init__(self, folder: Path, store: Etcd, calicoctl: Calicoctl) -> None:
        self._file = folder / "x.plan"
        self._store = store
        self._calicoctl = calicoctl
        self.corpus: list[bytes] = []
        self._reset()

    def _reset(self) -> None:
        self._store.wipe()
        self._succeed("apply", "-f", "-", "--set", "s", text=_STORED)
        self.corpus.clear()
        for options, text in _PLANNED:
            self._succeed("plan", "-f", "-", "--save", str(self._file), *options, text=text)
            self.corpus.append(self._file.read_bytes())

    def _succeed(self, *arguments: str, text: str) -> None:
        result = self._calicoctl(*arguments, input=text)
        if result.exit_code:
            raise RuntimeError(f"{arguments}: {result.stderr}")

    def run(self, _random: Random, data: bytes) -> str:
        """Show and apply a plan; return what is wrong."""
        before = self._values()
        shown = self._calicoctl("plan", "--show", "-", "-o", "json", input=data)
        applied = self._calicoctl("apply", "--plan", "-", "--allow-lockout", input=data)
        for command, result in (("plan", shown), ("apply", applied)):
            if reason := wrong_answer((command,), result):
                return reason
        after = self._values()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        if applied.exit_code:
            return f"refused, and written: {sorted(changed)}" if changed else ""
        if shown.exit_code:
            return "applied, but not shown"
        try:
            return self._difference(json.loads(shown.stdout)["resources"], changed, after)
        finally:
            self._reset()

    def _values(self) -> dict[str, bytes]:
        return {key: value for key, value in self._store.values().items() if not key.startswith(HISTORY_PREFIX)}

    def _difference(self, shown: list[dict[str, Any]], changed: set[str], after: Mapping[str, bytes]) -> str:
        """Return a difference between the shown resources and what an applied plan did."""
        pruned = {each["key"] for each in shown if each["action"] == "pruned"}
        written = [each for each in shown if each["action"] in _WRITTEN]
        expected = pruned | {each["key"] for each in written}
        if expected != changed:
            return f"shown are {sorted(expected)}, changed are {sorted(changed)}"
        if kept := pruned & after.keys():
            return f"shown as pruned, but stored: {sorted(kept)}"
        manifests = [each["manifest"] for each in written]
        result = self._calicoctl("diff", "-f", "-", input=json.dumps(manifests)) if manifests else None
        return f"stored with other values than shown: {result}" if result and result.exit_code else ""


def _mutate(random: Random, data: bytes, corpus: Any) -> bytes:
    """Return a plan with changed values, mostly with the right digest, or with a changed text."""
    if random.random() < _PART_OF_TEXT:
        return mutate_text(random, data, corpus)
    content = json.loads(data)
    manifests = [record["manifest"] for record in content["resources"] if record["manifest"]]
    documents = [random.choice(manifests)] if random.random() < _PART_OF_MANIFESTS else [content]
    change_values(random, documents)
    with suppress(KeyError, TypeError, AttributeError, RecursionError, ValueError):
        if random.random() < _PART_OF_SIGNED:
            content["digest"] = plan_format.digest({name: content[name] for name in content if name != "digest"})
    return json.dumps(content).encode()


def plans(folder: Path, store: Etcd, calicoctl: Calicoctl) -> Target:
    """Plan files, shown and applied."""
    made = _Plans(folder, store, calicoctl)
    return Target("plans", made.corpus, made.run, _mutate)
