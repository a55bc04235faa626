"""Speed: of single commands, of many policies at once, and of the analysis.

It starts an etcd of its own. Whether a target is met is printed, and never a failure. The variable CALICOCTL_PEER
names another calicoctl, Calico's own 3.x, to measure beside ours.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterable, Sequence

import calicoctl
from bench import analysis, bulk, startup
from bench.clusters import Cluster
from bench.store import etcd_of_the_environment


def _print(rows: Sequence[Sequence[str]]) -> None:
    """A table, of which each column is as wide as it has to be."""
    _print_each(rows, [max(len(row[index]) for row in rows) for index in range(len(rows[0]))])


def _print_each(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
    """The rows of a table as they come."""
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="runs of each command (default: 20, of many policies 3)")
    parser.add_argument("--single", action="store_true", help="single commands only")
    parser.add_argument("--bulk", type=int, nargs="+", metavar="COUNT", help="so many policies at once only")
    parser.add_argument(
        "--analysis",
        action="store_true",
        help="trace, connectivity and the like instead, among others on a large cluster",
    )
    parser.add_argument(
        "--large",
        type=int,
        nargs=2,
        metavar=("POLICIES", "ENDPOINTS"),
        default=analysis.LARGE,
        help="how large that is",
    )
    options = parser.parse_args()
    with etcd_of_the_environment() as server:
        about = f"calicoctl {calicoctl.__version__}, Python {platform.python_version()}, etcd {server.version}"
        print(f"{about}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs\n", flush=True)
        if options.analysis:
            _print_each(analysis.measure(Cluster(*options.large), options.rounds or 3), analysis.WIDTHS)
            return
        if not options.bulk:
            _print(startup.rows(startup.measure(options.rounds or 20)))
        if not options.single:
            counts = options.bulk or bulk.COUNTS
            print("\nseconds for so many policies", flush=True)
            _print(list(bulk.rows(bulk.measure(counts, options.rounds or 3), counts)))


if __name__ == "__main__":
    main()
