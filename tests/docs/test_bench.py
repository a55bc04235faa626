"""The benchmarks run and print their tables; the times do not matter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.analysis import AnalysisCase
from bench.bare import AIMS
from bench.bare_steps import STEPS
from bench.bulk import MeasuredProgram
from bench.bulk import rows as table_of
from bench.cluster import Cluster
from bench.figures import Figure, read_figures, write_figures
from bench.installation import install
from bench.policies import manifest
from bench.process import FailedError, Run, run
from bench.programs import CALICOCTL
from bench.single import SingleCase, rows
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.kinds import KINDS
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.policies import policy_set_from
from tests.support.runner import Calicoctl


def bench(*arguments: str, peer: Path | None = None) -> list[str]:
    environment = {**os.environ, **({"CALICOCTL_PEER": str(peer)} if peer else {})}
    command = [sys.executable, "-m", "bench", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


PEER = """#!/bin/sh
# Substitute for Calico's own calicoctl: the same commands and manifests, executed by this calicoctl.
set -e
verb=$1 calicoctl="$PYTHON -m calicoctl"
case $verb in
    get) [ "$2" = profile ] && exec $calicoctl get profile
         [ "$2" = globalnetworkpolicies ]; shift 2; exec $calicoctl get policy "$@" ;;
    validate) echo "no such command" >&2; exit 1 ;;
    create | apply | delete) grep -q projectcalico.org/v3 "$3" ;;
    *) exec $calicoctl "$@" ;;
esac
$calicoctl convert -f "$3" --to v1 | $calicoctl $verb -f -
"""


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHON", sys.executable)
    program = tmp_path / "peer"
    program.write_text(PEER)
    program.chmod(0o755)
    return program


def test_contention() -> None:
    *_, heading, row = bench("--contention", "3", "--rounds", "1")
    assert heading.startswith("writers of one resource  succeeded  ")
    assert (row.split()[:2], row.split()[-1]) == (["3", "3"], "met")


def test_single_commands_with_a_peer(peer: Path) -> None:
    table = bench("--single", "--rounds", "1", peer=peer)[2:]
    assert table[0].split() == ["command", "ms", "x", "bare", "CPU", "ms", "x", "bare", "x", "peer", "target"]
    assert len(table) == 16
    assert sum("x bare" in line for line in table[1:]) == 7
    assert ["validate" in line for line in table if "skipped" in line] == [True]  # the peer has no such command
    assert table[-1].startswith("peer version")


def test_bulk_operations_with_a_peer(peer: Path) -> None:
    title, heading, *table = bench("--bulk", "1", "10", "--rounds", "1", peer=peer)[3:]
    table, ratios = table[: table.index("")], table[table.index("") :]
    assert [line.split("  ")[0] for line in ratios[3:]] == [*STEPS, *AIMS]
    assert title == "bulk operations: seconds by number of policies"
    assert heading.split() == ["command", "1", "10", "10", "/", "1", "MiB", "at", "10"]
    assert [line for line in table if "failed" in line] == [table[1]]
    assert table[1].endswith("failed: exit code 1: no such command")
    ours, others, compared = table[0::3], table[1::3], table[2::3]
    assert len(ours) == len(others) == len(compared) == 7
    assert all(other.startswith(f"peer: {line.split('  ')[0]}") for line, other in zip(ours, others, strict=True))
    assert compared[0].split() == ["times", "as", "fast", "-", "-", "-"]
    assert all(line.endswith("met") or "missed: " in line for line in compared[1:])


def test_figures_are_written_and_compared(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    table = bench("--bulk", "2", "--rounds", "1", "--json", str(old))[5:]
    table = table[: table.index("")]
    assert len(table) == 7
    assert not any("failed" in line for line in table)
    figures = read_figures(old)
    assert next(iter(figures)) == "validate, 2 policies"
    assert all(figure.cpu > 0 and figure.mebibytes > 10 for figure in figures.values())
    slower = [each._replace(seconds=each.seconds * 2, bare=4.5) for each in figures.values()][1:]
    write_figures(new, "versions", [*slower, Figure("only here", 1, 1, 1)])
    heading, *rows = bench("--compare", str(old), str(new))
    assert heading.split()[:4] == ["case", "s", "CPU", "MiB"]
    assert [row.rpartition("policies")[2].split() for row in rows] == [["2.00", "1.00", "1.00", "-", "4.50", "-"]] * 6


def test_the_installation_is_one_of_this_source(tmp_path: Path) -> None:
    python, calicoctl = install(tmp_path / "new")
    asked = [
        python,
        "-c",
        "import sys, calicoctl, yaml; print('__editable__' in str(sys.meta_path), calicoctl.__file__)",
    ]
    printed = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed == f"False {tmp_path / 'new'}{printed.partition(str(tmp_path / 'new'))[2]}"
    explained = subprocess.run(
        [calicoctl, "explain", "profile"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "profile" in explained.stdout


def test_the_comparison_with_a_peer() -> None:
    def measured_program(seconds: float, mebibytes: float) -> MeasuredProgram:
        made = MeasuredProgram((), "")
        for name in made.commands("", ""):
            made.runs.update({(name, 1): [Run(1, 1, 1)], (name, 10): [Run(seconds, 1, mebibytes), Run(99, 1, 1)]})
        return made

    _, *table = table_of([measured_program(2, 100), measured_program(20, 250)], (1, 10))
    lines = {row[0]: (*row[1:], following[-1]) for row, following in zip(table[0::3], table[2::3], strict=True)}
    assert lines["create"] == ("1.00", "2.00", "2.0", "100", "", "met")
    assert lines["apply, unchanged"][-1] == "missed: most policies"
    assert lines["get -o yaml"][-1] == "missed: memory"
    assert lines["delete"][-1] == "met"
    assert table[2] == ("  times as fast", "1.0", "10.0", "", "40%", "met")
    _, *table = table_of([measured_program(20, 1), measured_program(1, 1)], (1, 10))
    assert table[0][-1] == "grows more than 12 times"


def test_the_policies_are_as_described(store: Etcd, calicoctl: Calicoctl) -> None:
    assert 550 <= len(manifest(1000)) / 1000 <= 690
    assert calicoctl("create", "-f", "-", input=manifest(20)).exit_code == 0
    changed = calicoctl("apply", "-f", "-", input=manifest(20, changed=True))
    assert changed.stdout.splitlines()[-1] == "2 configured, 18 unchanged"


def test_the_analysis_of_clusters() -> None:
    table = bench("--analysis", "--large", "100", "200", "--rounds", "1")[2:]
    assert table[0].split()[:2] == ["cluster", "command"]
    assert table[1].startswith("100 policies, 20 endpoints in manifests")
    assert any(" 100 policies, 200 endpoints in the datastore" in f" {line}" for line in table)
    assert not any("failed" in line for line in table)
    assert all("met" in line or "missed by" in line for line in table[1:-1])


def test_clusters_are_valid_and_as_described() -> None:
    cluster = Cluster(200, 400)
    kinds = {kind.name: kind for kind in KINDS}
    for item in cluster.manifests():
        assert list(kinds[item["kind"]].check(item)) == []
    policy_set = policy_set_from(cluster.manifests())
    resolver = PolicyResolver(policy_set)
    policies = [len(resolver.resolve(endpoint).effective_policies.policies) for endpoint in policy_set.endpoints]
    assert 8 < sum(policies) / len(policies) < 11
    names = {str(endpoint.identifier) for endpoint in policy_set.endpoints}
    assert {cluster.endpoint_name(0), cluster.endpoint_name(399)} <= names
    assert len(list(cluster.changed(10))) == 10


def test_a_target_of_memory_is_missed_too() -> None:
    script = "x = bytearray(64 << 20)"
    case = AnalysisCase("big", [sys.executable, "-c", script], seconds=60, mebibytes=50)
    *_, target, verdict = case.row("nothing", 1)
    assert target == "60 s, 50 MiB"
    assert verdict.startswith("missed by ")
    assert verdict.endswith(" MiB")
    assert AnalysisCase("missing", (*CALICOCTL, "no-such-verb")).exists is False


def test_targets() -> None:
    measured = [
        SingleCase("bare-python", (), runs=[Run(0.010, 0.008, 9), Run(0.012, 0.010, 9), Run(0.090, 0.012, 9)]),
        SingleCase("quick", (), target=6, runs=[Run(0.072, 0.060, 9)]),
        SingleCase("slow", (), target=6, runs=[Run(0.060, 0.061, 9)]),
    ]
    assert [(row[2], row[4], *row[6:]) for row in rows(measured)[1:]] == [
        ("1.0", "1.0", "", ""),
        ("6.0", "6.0", "6 x bare", "met"),
        ("5.0", "6.1", "6 x bare", "missed"),
    ]


def test_a_program_that_fails_is_no_result() -> None:
    with pytest.raises(FailedError, match="exit code 3"):
        run([sys.executable, "-c", "import sys; sys.exit(3)"])
