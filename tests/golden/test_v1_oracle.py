"""Every command that was given to the real calicoctl 1.6.5: the same verdict and resources, or a named rule."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from calicoctl.kinds import KINDS
from tests.golden import felix
from tests.golden.deviations import RULES, Rule
from tests.support.etcd_server import Etcd
from tests.support.recordings import (
    Manifest,
    Row,
    canonical_json,
    load_rows,
    manifest_bytes,
    parse_printed,
    stored_objects,
)
from tests.support.runner import Calicoctl, Result

ROWS = load_rows("v1-oracle")
VERBS = ("apply", "create", "replace", "delete", "get")
RULE_OF = {name: rule for rule in RULES for name in rule.rows}


def _is_testable(row: Row) -> bool:
    """Whether a row is about resources; settings and help have tests of their own."""
    words = row["command"].split()
    if len(words) < 2 or words[1] not in VERBS or row["area"] in {"cli", "connection"} or "env" in row:
        return False
    return all(step["manifest"] for step in row.get("setup", ()))


def _with_storable_setup(row: Row) -> Row:
    """Return the row with a setup that v3 can represent, in texts of equal length, so that tables stay the same.

    Most rows of get have a k8s workload without a namespace. The row or-pools has overlapping pools.
    """
    if row["id"] == "or-pools":
        disjoint: Row = json.loads(json.dumps(row).replace("10.0.0.0/24", "10.1.0.0/24"))
        return disjoint
    if "workload: w2" not in json.dumps(row.get("setup")):
        return row
    replaced: Row = json.loads(json.dumps(row).replace("k8s", "cni"))
    return replaced


TESTABLE = [_with_storable_setup(row) for row in ROWS if _is_testable(row)]


class CommandOutcome(NamedTuple):
    """What we did: the result, the resources that `get` shows afterwards, and whether the setup went well."""

    result: Result
    resources: list[Manifest]
    set_up: bool
    written: bool


Run = Callable[[Row], CommandOutcome]


@pytest.fixture
def run(store: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command of a row on the state that it had."""
    monkeypatch.chdir(tmp_path)

    def call(command: str, manifest: str | None) -> Result:
        words = shlex.split(command)[1:]
        if manifest is not None:
            Path(words[words.index("-f") + 1]).write_bytes(manifest_bytes(manifest))
        return calicoctl(*words)

    def run(row: Row) -> CommandOutcome:
        for name, text in row.get("files", {}).items():
            Path(name).write_text(text, encoding="utf-8")
        setup = [call(step["command"], step["manifest"]) for step in row.get("setup", ())]
        before = store.revision()
        result = call(row["command"], row["manifest"])
        written = store.revision() > before
        shown = _stored_resources(calicoctl) if written or setup else []
        return CommandOutcome(result, shown, all(step.exit_code == 0 for step in setup), written)

    return run


def _stored_resources(calicoctl: Calicoctl) -> list[Manifest]:
    results = [calicoctl("get", kind.name, "-o", "yaml") for kind in KINDS]
    assert [result.exit_code for result in results] == [0] * len(KINDS)
    return [manifest for result in results for manifest in parse_printed(result.stdout)]


@pytest.mark.parametrize("row", TESTABLE, ids=lambda row: str(row["id"]))
def test_does_what_1_6_5_did(row: Row, run: Run, store: Etcd) -> None:
    seen = run(row)

    rule = RULE_OF.get(row["id"])
    if rule is None:
        assert not _differences(row, seen)
    else:
        assert _differences(row, seen), f"does as 1.6.5 did: {rule.name} no longer explains it"
        _check_rule(rule, row, seen)
    if seen.result.exit_code:
        assert not seen.written
        assert seen.result.exit_code in FAILURES[row["command"].split()[1]]
        assert seen.result.stderr
        assert not seen.result.stdout
    assert [problem for key, v3 in stored_objects(store).items() for problem in felix.rejections(key, v3)] == []


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The name of a workloadEndpoint that was created without one."""

FAILURES = {"apply": {3, 5}, "create": {3, 5}, "replace": {2, 3, 5}, "delete": {2, 3, 5}, "get": {2, 3, 6}}
"""How each verb may fail: usage, invalid, conflict, not found."""


def _differences(row: Row, seen: CommandOutcome) -> list[object]:
    """What of our answer is not as recorded."""
    found: list[object] = []
    if not seen.set_up:
        found.append("the setup was refused")
    if (seen.result.exit_code == 0) != (row["rc"] == 0):
        found.append(seen.result)
    if (row["get_yaml"] or "").startswith("error"):
        found.append(row["get_yaml"])
    elif row["get_yaml"] is not None:
        wanted = parse_printed(row["get_yaml"])
        wanted = [manifest for kind in KINDS for manifest in wanted if manifest["kind"] == kind.name]
        if _UUID.sub("UUID", canonical_json(wanted)) != _UUID.sub("UUID", canonical_json(seen.resources)):
            found.append((wanted, seen.resources))
    if "stdout" in row and not _prints_alike(row["command"], row["stdout"], seen.result.stdout):
        found.append((row["stdout"], seen.result.stdout))
    return found


def _prints_alike(command: str, theirs: str, ours: str) -> bool:
    """Whether two outputs say the same: tables but for trailing blanks, manifests as data, JSON also in its order."""
    words = command.split()
    output = words[words.index("-o") + 1] if "-o" in words else "ps"
    if output == "yaml":
        return canonical_json(parse_printed(theirs)) == canonical_json(parse_printed(ours or "[]"))
    if output == "json":
        return _in_order(theirs) == _in_order(ours or "[]")
    return _lines(theirs) == _lines(ours)


def _in_order(text: str) -> object:
    return json.loads(text, object_pairs_hook=list, parse_int=float)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _check_rule(rule: Rule, row: Row, seen: CommandOutcome) -> None:
    assert seen.result.exit_code == rule.exit_code
    if rule.shows is not None:
        assert canonical_json(seen.resources) == canonical_json(rule.shows(row))
    if rule.prints is not None:
        assert _lines(seen.result.stdout) == list(rule.prints)


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 1102
    assert len(TESTABLE) >= 805


def test_rules_explain_rows_that_are_there() -> None:
    named = [name for rule in RULES for name in rule.rows]
    assert len(named) == len(set(named))
    assert set(named) <= {row["id"] for row in ROWS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_rules_are_in_use(rule: Rule) -> None:
    assert rule.reason
    assert {row["id"] for row in TESTABLE} & set(rule.rows)
