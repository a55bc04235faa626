"""The benchmark of the fleet runs, and finds reports that differ from the datastore."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.fleet import ClientResult, Fleet
from bench.process import Run
from tests.docs.test_bench import bench


def test_a_small_fleet() -> None:
    heading, *rows, summary = bench("--fleet", "5")
    assert heading.split()[:2] == ["clients", "finished"]
    assert [row.split("  ")[0] for row in rows] == [
        "1 get",
        "1 diff",
        "1 apply, own policy",
        "1 apply, same policy",
        "1 label, same profile",
        "5 all",
    ]
    assert [row[34:].split()[0] for row in rows] == ["1"] * 5 + ["5"]
    assert summary == "3 writes reported, 0 false reports"


@pytest.fixture
def fleet(tmp_path: Path, clean_environment: None) -> Iterator[Fleet]:
    with Fleet(tmp_path / "fleet") as started:
        started.fill(1)
        yield started


def test_false_reports_are_found(fleet: Fleet) -> None:
    client = fleet.client(2)
    client.output.write_text(json.dumps([{"action": "created"}]))
    results = [ClientResult(client, Run(1, 1, 1))]
    assert fleet.find_false_reports(results, fleet.etcd.revision()) == [
        "reported and not stored: own-0",
        "1 writes reported, 0 transactions in etcd",
    ]
