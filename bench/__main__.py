"""Benchmarks of single commands, of bulk operations, of concurrent writers and of the analysis.

Starts a private etcd. A missed target is reported and does not change the exit code. CALICOCTL_PEER is the path of
another calicoctl (Calico's own 3.x) to compare with.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import calicoctl
from bench import analysis, bare, bulk, contention, dependencies, fleet, single
from bench.cluster import Cluster
from bench.etcd import clear_environment, default_etcd
from bench.figures import Figure, comparison_rows, read_figures, write_figures


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print a table with aligned columns."""
    _print_rows(rows, [max(len(row[index]) for row in rows) for index in range(len(rows[0]))])


def _print_rows(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    """Print rows while they are measured."""
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="Runs of each command (default: 30 for single commands, else 3).")
    parser.add_argument("--single", action="store_true", help="Run only the benchmark of single commands.")
    parser.add_argument(
        "--bulk",
        type=int,
        nargs="+",
        metavar="COUNT",
        help="Run only the bulk benchmark, for these numbers of policies.",
    )
    parser.add_argument(
        "--contention",
        type=int,
        metavar="COUNT",
        help="Run only the benchmark of processes that write the same resource, for this number of processes.",
    )
    parser.add_argument(
        "--analysis",
        action="store_true",
        help="Run only the analysis benchmark: trace, lint, diff --semantic, connectivity.",
    )
    parser.add_argument(
        "--large",
        type=int,
        nargs=2,
        metavar=("POLICIES", "ENDPOINTS"),
        default=analysis.LARGE,
        help="Size of the large cluster of the analysis benchmark.",
    )
    parser.add_argument("--dependencies", action="store_true", help="Measure only the weight of the dependencies.")
    parser.add_argument(
        "--fleet",
        type=int,
        metavar="COUNT",
        help="Run only the benchmark of clients on three members of etcd, for this number of clients.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures of single and bulk operations.")
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("OLD", "NEW"), help="Only compare the figures of two runs of --json."
    )
    return parser.parse_args()


def main() -> None:
    """Run the benchmarks and print tables."""
    options = _options()
    if options.compare:
        _print_table(list(comparison_rows(*map(read_figures, options.compare))))
        return
    if options.dependencies:
        print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n", flush=True)
        _print_table(list(dependencies.measure(options.rounds or 15)))
        return
    if options.fleet:
        clear_environment()
        _print_rows(fleet.measure(options.fleet), fleet.WIDTHS)
        return
    with default_etcd() as server:
        versions = f"calicoctl {calicoctl.__version__}, Python {platform.python_version()}, etcd {server.version}"
        print(f"{versions}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs\n", flush=True)
        if options.analysis:
            _print_rows(analysis.measure(Cluster(*options.large), options.rounds or 3), analysis.WIDTHS)
            return
        figures = list(_measure(options))
    if options.json:
        write_figures(options.json, versions, figures)


def _measure(options: argparse.Namespace) -> Iterator[Figure]:
    """Run the benchmarks of commands that the options select, and print their tables."""
    if not (options.bulk or options.contention):
        cases = single.measure(options.rounds or single.ROUNDS)
        _print_table(single.rows(cases))
        yield from single.figures(cases)
    if not (options.bulk or options.single):
        count = options.contention or contention.COUNT
        print("\nprocesses that write the same resource at the same time", flush=True)
        results = [contention.measure(count) for _ in range(options.rounds or 3)]
        _print_table(list(contention.rows(results, count)))
    if not (options.contention or options.single):
        counts = options.bulk or bulk.COUNTS
        print("\nbulk operations: seconds by number of policies", flush=True)
        programs = bulk.measure(counts, options.rounds or 3)
        _print_table(list(bulk.rows(programs, counts)))
        yield from bulk.figures(programs, counts)
        print("\nbulk operations as ratios to bare steps", flush=True)
        _print_table(list(bare.rows(bare.measure(max(counts), options.rounds or 3), programs[0], max(counts))))


if __name__ == "__main__":
    main()
