"""Speed: `python -m bench` for single commands, `--bulk 1000` for many policies at once, `--analysis` for answers.

It starts an etcd of its own. Whether a target is met is printed, and never a failure.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import calicoctl
from bench import analysis, bulk, startup
from bench.clusters import Cluster
from calicoctl import localetcd


@contextmanager
def _etcd() -> Iterator[str]:
    """A fresh etcd as `calicoctl etcd start` runs it, to which everything connects; gives its version."""
    with tempfile.TemporaryDirectory(prefix="calicoctl-bench-") as folder:
        for name in [name for name in os.environ if name.startswith(("ETCD_", "CALICO_"))]:
            del os.environ[name]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode beside it
        server, _, _ = localetcd.start(Path(folder), 0)
        os.environ.update(ETCD_ENDPOINTS=server.endpoint, DATASTORE_TYPE="etcdv3")
        try:
            yield server.version
        finally:
            localetcd.stop(Path(folder))


def _print(rows: Sequence[Sequence[str]]) -> None:
    """A table, of which each column is as wide as it has to be."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="runs of each command (default: 20, with --bulk 3)")
    parser.add_argument("--bulk", type=int, nargs="+", metavar="COUNT", help="so many policies at once instead")
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
    with _etcd() as version:
        about = f"calicoctl {calicoctl.__version__}, Python {platform.python_version()}, etcd {version}"
        print(f"{about}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs\n", flush=True)
        if options.analysis:
            _print(list(analysis.measure(Cluster(*options.large), options.rounds or 3)))
        elif options.bulk:
            _print([bulk.HEADING, *(row for count in options.bulk for row in bulk.measure(count, options.rounds or 3))])
        else:
            _print(startup.rows(startup.measure(options.rounds or 20)))


if __name__ == "__main__":
    main()
