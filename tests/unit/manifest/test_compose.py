"""Aliases and merge keys have a limit, and nothing recurses."""

from __future__ import annotations

import sys
import time

import pytest

from calicoctl.manifest.compose import MAX_ALIAS_NODES
from tests.support.documents import parse_documents, problems

# --- depth and size ----------------------------------------------------------------------------------------


def nested(open_: str, close: str, depth: int) -> str:
    return open_ * depth + close * depth


DEEP = {
    "sequences": ("- " * 100_000 + "x", "a.yaml"),
    "JSON lists": (nested("[", "]", 100_000), "a.json"),
    "JSON objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "a.json"),
    "flow": ("kind: policy\nx: " + nested("[", "]", 2_000), "a.yaml"),
}


@pytest.mark.parametrize("shape", DEEP)
def test_nothing_recurses(shape: str) -> None:
    text, name = DEEP[shape]
    assert len(text) > sys.getrecursionlimit()
    manifest = parse_documents(text, name)
    if not manifest.documents:
        (problem,) = manifest.problems
        # The libyaml within PyYAML 6.0.4 stops at 1000 levels; older ones read it all.
        assert problem.message.startswith(("expected a resource", "nested too deeply"))


def test_aliases_have_a_bound() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.monotonic()
    assert problems(bomb) == [
        f"a.yaml:5:29: aliases expand to more than {MAX_ALIAS_NODES:,} values (use fewer aliases)"
    ]
    assert time.monotonic() - started < 5


def test_merge_keys_have_the_same_bound() -> None:
    fields = ", ".join(f"k{index}: 1" for index in range(1000))
    merges = "".join(f"m{index}: {{<<: *a}}\n" for index in range(200))
    (problem,) = problems(f"a: &a {{{fields}}}\n{merges}")
    assert f"aliases expand to more than {MAX_ALIAS_NODES:,} values" in problem


def test_many_aliases_of_something_small_are_fine() -> None:
    assert problems("kind: policy\nx: &a {y: 1}\nz: [" + "*a," * 30_000 + "]\n") == []
