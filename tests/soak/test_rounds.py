"""A few rounds of `make soak`, and the check of recorded runs itself."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.soak.history import Run, contradictions
from tests.soak.rounds import Rounds, SingleServer, ThreeServers

ALL = {"a": 1, "b": 1}


@pytest.mark.parametrize("fault", ["SIGTERM", "cut an answer", "reorder answers"])
def test_reports_of_disturbed_writes(tmp_path: Path, fault: str) -> None:
    server = SingleServer(tmp_path)
    try:
        assert list(Rounds(server, Random(1)).play(fault, 80, 0)) == []  # noqa: S311 - repeatable
    finally:
        server.close()


@pytest.mark.parametrize("fault", ["lose an answer", "isolate the leader"])
def test_reports_of_writes_to_three_members(tmp_path: Path, fault: str) -> None:
    server = ThreeServers(tmp_path)
    try:
        assert list(Rounds(server, Random(1)).play(fault, 80, 1)) == []  # noqa: S311 - repeatable
    finally:
        server.close()


def run(number: int, code: int, *, ended: float = 1.0, stderr: str = "", names: str = "ab") -> Run:
    stdout = "" if code else "".join(f"policy/{name} created\n" for name in names) + "2 created\n"
    return Run(number, frozenset(names), ended - 1, ended, code, stdout, stderr)


FIRST = run(1, 0)
NOTHING = "interrupted\n  nothing was written (all writes were rolled back)\n"
ONE = "interrupted\n  1 of 2 keys were written (run the same command again)\n"


@pytest.mark.parametrize(
    ("runs", "stored"),
    [
        ([FIRST], ALL),
        ([FIRST, run(2, -9, ended=5)], {"a": 1, "b": 2}),
        ([FIRST, run(2, 130, ended=5, stderr=NOTHING)], ALL),
        ([FIRST, run(2, 130, ended=5, stderr=ONE)], {"a": 1, "b": 2}),
        ([FIRST, run(2, 0, ended=1.5)], {"a": 1, "b": 2}),
    ],
)
def test_true_reports(runs: list[Run], stored: dict[str, int]) -> None:
    assert list(contradictions(runs, stored)) == []


@pytest.mark.parametrize(
    ("runs", "stored"),
    [
        ([FIRST], {"a": 1}),
        ([FIRST], {**ALL, "c": 1}),
        ([FIRST], {"a": 1, "b": 3}),
        ([FIRST, run(2, 0, ended=5)], ALL),
        ([FIRST, run(2, 130, ended=5, stderr=NOTHING)], {"a": 1, "b": 2}),
        ([FIRST, run(2, 130, ended=5, stderr=ONE)], {"a": 2, "b": 2}),
        ([FIRST, run(2, 130, ended=5, stderr=ONE)], ALL),
        ([FIRST, run(2, 70, ended=5)], ALL),
        ([FIRST, run(2, 0, ended=5, names="bc")], {"a": 1, "b": 1, "c": 2}),
    ],
)
def test_false_reports(runs: list[Run], stored: dict[str, int]) -> None:
    assert list(contradictions(runs, stored))
