"""Odd values in the store and in plan files: no internal error in any verb, and one decision about what is readable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from calicoctl.errors import ExitCode
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest.writer import to_json
from calicoctl.operations import plan_format
from calicoctl.schema import stored
from calicoctl.schema.store import load_stored_schema
from calicoctl.storage import CorruptEntryError, decode_json
from tests.support import wrong_types
from tests.support.etcd_server import Etcd
from tests.support.manifests import node, policy, pool, profile
from tests.support.read_resources import EVERY_KIND
from tests.support.runner import Calicoctl
from tests.support.unreadable_objects import BROKEN_VALUES, odd_objects, put_all, stored_document, unreadable_objects

VERBS = (
    *(f"get all -o {name}" for name in ("yaml", "json", "name", "wide")),
    "get profile -l has(a)",
    "get workloadEndpoint -l has(a)",
    "apply -f good.json",
    "apply -f good.json --set s --prune --dry-run",
    "diff -f good.json",
    "label profile -l a=='b' c=d --dry-run",
    "export",
    "delete node n",
)
ANALYSES = ("diff -f changed.json --semantic", "lint -o json", "connectivity")
ROTATED = ("trace --from label:a=b --to outside", "plan -f good.json", "edit profile/lab", "doctor")
"""Slow commands with the same reads: each has some of the values."""
_ANALYSED_SHARE = 9
"""An analysis of more policies takes minutes."""
_WRITTEN_SHARE = 4
"""A write analyzes whether a host endpoint is locked out."""
GOOD = [policy("front", selector="a == 'b'"), profile("lab", labels={"a": "b"}), node("old"), pool("10.9.0.0/16")]
CHANGED = [policy("front", order=8), GOOD[1], profile("new"), pool("10.10.0.0/16")]
_OTHER_SAMPLES: tuple[Any, ...] = (None, [], {}, "", -1, 10**30, "\ud800", "\udcff", [1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(to_json(GOOD), encoding="utf-8")
    Path("changed.json").write_text(to_json(CHANGED), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("share", range(_ANALYSED_SHARE))
def test_no_value_in_the_store_is_an_internal_error_of_an_analysis(
    share: int, store: Etcd, calicoctl: Calicoctl, folder: Path
) -> None:
    put_all(store, dict([*odd_objects().items()][share::_ANALYSED_SHARE]))
    for verb in (*ANALYSES, ROTATED[share % len(ROTATED)]):
        result = calicoctl(*verb.split(" "), env={"EDITOR": "true"})
        assert result.exit_code != ExitCode.INTERNAL, (verb, result.stderr[-500:])


@pytest.mark.parametrize("share", range(_WRITTEN_SHARE))
def test_no_value_in_the_store_is_an_internal_error(
    share: int, store: Etcd, calicoctl: Calicoctl, folder: Path
) -> None:
    odd = dict([*odd_objects().items()][share::_WRITTEN_SHARE])
    put_all(store, odd)
    for verb in VERBS:
        result = calicoctl(*verb.split(" "))
        assert result.exit_code != ExitCode.INTERNAL, (verb, result.stderr[-500:])
    names = calicoctl("get", "all", "-o", "json").stdout
    assert "\ufffdb" in names  # as Go reads a single surrogate
    for plural, kind, spec, step in (
        ("profiles", "profile", {"ingress": []}, 29),
        ("globalnetworkpolicies", "policy", {"ingress": []}, 29),
        ("ippools", "ipPool", {"disabled": True}, 1),
        ("nodes", "node", {"orchRefs": []}, 3),
    ):
        for key in [key for key in odd if f"/{plural}/" in key][::step]:
            patch = ("-p", json.dumps({"spec": spec}), "--dry-run")
            result = calicoctl("patch", kind, key.rpartition("/")[2], *patch)
            assert result.exit_code != ExitCode.INTERNAL, (odd[key], result.stderr)


@EVERY_KIND
def test_both_checks_of_types_agree(kind: Kind) -> None:
    walked, compiled = (stored._StoredChecks(kind.stored_kind.kind) for _ in range(2))
    compiled._is_valid = stored._compile(load_stored_schema(kind.stored_kind.kind))
    prefix = kind.stored_kind.prefix
    for key, value in {**unreadable_objects(), **odd_objects()}.items():
        if key.startswith(prefix):
            assert _outcome(walked, value) == _outcome(compiled, value), value


def _outcome(checks: stored._StoredChecks, value: bytes) -> Any:
    try:
        document = decode_json(value)
        checks.check(document)
    except CorruptEntryError as error:
        return str(error)
    return document


def _paths(value: Any, path: wrong_types.Path = ()) -> Iterator[wrong_types.Path]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield (*path, step)
        yield from _paths(part, (*path, step))


def _replaced(value: Any, path: wrong_types.Path, new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _changed_plans(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, sample in product(_paths(content), (*wrong_types.SAMPLES.values(), *_OTHER_SAMPLES)):
        yield _replaced(content, path, sample)
    document = stored_document(KINDS[0])
    wrong = [json.dumps(wrong_types.with_value(document, ("spec", "ingress", 0, "action"), 5))]
    wrong += (value.decode("utf-8", "surrogateescape") for value in BROKEN_VALUES if len(value) < 1000)
    for index, value in product(range(len(content["resources"])), wrong):
        yield _replaced(content, ("resources", index, "before"), value)


def test_no_value_in_a_plan_is_an_internal_error(store: Etcd, calicoctl: Calicoctl, folder: Path) -> None:
    assert calicoctl("apply", "-f", "good.json", "--set", "s").exit_code == 0
    assert calicoctl("plan", "-f", "changed.json", "--set", "s", "--prune", "--save", "x.plan").exit_code == 0
    content = json.loads(Path("x.plan").read_text(encoding="utf-8"))
    content.pop("digest")
    rejected = 0
    for changed in _changed_plans(content):
        text = json.dumps({**changed, "digest": plan_format.digest(changed)})
        Path("x.plan").write_text(text, encoding="utf-8")
        shown = calicoctl("plan", "--show", "x.plan", "-o", "json")
        assert shown.exit_code in {0, 3}, (text, shown.stderr)
        if shown.exit_code:
            rejected += 1
            continue
        report = calicoctl("plan", "--show", "x.plan").stdout
        result = calicoctl("apply", "--plan", "x.plan", "--dry-run")
        assert result.exit_code in {0, 5}, (text, result.stderr)
        assert result.exit_code or report.endswith(result.stdout), (text, report)
    assert rejected > 500
