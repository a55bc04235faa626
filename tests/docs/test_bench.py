"""The benchmarks run and print their tables; how quick anything is decides nothing here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.analysis import Case
from bench.clusters import Cluster
from bench.policies import manifest
from bench.process import FailedError, run
from bench.startup import CALICOCTL, rows
from bench.startup import Case as Command
from calicoctl.analysis.governing import Governing
from calicoctl.kinds import KINDS
from tests.analysed import policies_of
from tests.conftest import Calicoctl
from tests.docs.conftest import ROOT
from tests.etcdserver import Etcd


def bench(*arguments: str, peer: Path | None = None) -> list[str]:
    environment = {**os.environ, **({"CALICOCTL_PEER": str(peer)} if peer else {})}
    command = [sys.executable, "-m", "bench", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_single_commands_beside_a_peer(tmp_path: Path) -> None:
    peer = tmp_path / "peer"
    peer.write_text('#!/bin/sh\n[ "$1" != apply ] || { echo "no v1 here" >&2; exit 1; }\n')
    peer.chmod(0o755)
    table = bench("--rounds", "1", peer=peer)[2:]
    assert table[0].split()[:2] == ["command", "min"]
    assert len(table) == 12
    assert all("over bare" in line or "in all" in line for line in table[2:9] if "version: all" not in line)
    assert table[-1].endswith("skipped: exit code 1: no v1 here")


def test_many_policies_at_once() -> None:
    table = bench("--bulk", "1", "20", "--rounds", "1")[2:]
    assert [line.split()[0] for line in table[1:]] == ["1"] * (len(table) // 2) + ["20"] * (len(table) // 2)
    assert not any("failed" in line for line in table)


def test_the_policies_are_as_described(store: Etcd, calicoctl: Calicoctl) -> None:
    assert 550 <= len(manifest(1000)) / 1000 <= 690
    assert calicoctl("create", "-f", "-", input=manifest(20)).exit_code == 0
    changed = calicoctl("apply", "-f", "-", input=manifest(20, changed=True))
    assert changed.stdout.splitlines()[-1] == "2 configured, 18 unchanged"


def test_the_analysis_of_clusters() -> None:
    table = bench("--analysis", "--large", "100", "200", "--rounds", "1")[2:]
    assert table[0].split()[:3] == ["what", "is", "analysed"]
    assert table[1].startswith("100 policies, 20 endpoints in manifests")
    assert any(" 100 policies, 200 endpoints in the datastore" in f" {line}" for line in table)
    assert not any("failed" in line for line in table)
    assert all("met" in line or "missed by" in line for line in table[1:-1])


def test_clusters_are_valid_and_as_described() -> None:
    cluster = Cluster(200, 400)
    kinds = {kind.name: kind for kind in KINDS}
    for item in cluster.manifests():
        assert list(kinds[item["kind"]].check(item)) == []
    found = policies_of(cluster.manifests())
    governing = Governing(found)
    policies = [len(governing.shape(endpoint).governance.policies) for endpoint in found.endpoints]
    assert 8 < sum(policies) / len(policies) < 11
    names = {str(endpoint.identifier) for endpoint in found.endpoints}
    assert {cluster.name_of(0), cluster.name_of(399)} <= names
    assert len(list(cluster.changed(10))) == 10


def test_a_target_of_memory_is_missed_too() -> None:
    script = "x = bytearray(64 << 20)"
    case = Case("big", [sys.executable, "-c", script], seconds=60, mebibytes=50)
    *_, target, verdict = case.row("nothing", 1)
    assert target == "60 s, 50 MiB"
    assert verdict.startswith("missed by ")
    assert verdict.endswith(" MiB")
    assert Case("not there", (*CALICOCTL, "no-such-verb")).exists is False


def test_targets() -> None:
    measured = [
        Command("python -c pass", (), milliseconds=[10, 12]),
        Command("quick", (), over_bare=60, milliseconds=[70, 200]),
        Command("slow", (), total=170, milliseconds=[171, 175]),
    ]
    assert [row[5:] for row in rows(measured)[1:]] == [
        ("", ""),
        ("60 over bare", "met"),
        ("170 in all", "missed by 1 ms"),
    ]


def test_a_program_that_fails_is_no_result() -> None:
    with pytest.raises(FailedError, match="exit code 3"):
        run([sys.executable, "-c", "import sys; sys.exit(3)"])
