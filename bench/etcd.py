"""Private etcd servers for benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from calicoctl import local_etcd
from tests.support.etcd_server import Etcd, free_ports, running_etcd


@contextmanager
def new_etcd() -> Iterator[local_etcd.Server]:
    """Run a new etcd, as `calicoctl etcd start` does; delete it at the end."""
    with tempfile.TemporaryDirectory(prefix="calicoctl-bench-") as folder:
        server, _, _ = local_etcd.start(Path(folder), 0)
        try:
            yield server
        finally:
            local_etcd.stop(Path(folder))


def clear_environment() -> None:
    """Delete the connection settings, and let Python cache bytecode, as that of installed programs."""
    for name in [name for name in os.environ if name.startswith(("ETCD_", "CALICO_"))]:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@contextmanager
def default_etcd() -> Iterator[local_etcd.Server]:
    """Run a new etcd, with environment variables that make it the default."""
    clear_environment()
    with new_etcd() as server:
        os.environ.update(ETCD_ENDPOINTS=server.endpoint, DATASTORE_TYPE="etcdv3")
        yield server


@contextmanager
def etcd_cluster(folder: Path) -> Iterator[list[Etcd]]:
    """Run three members of a new etcd cluster, with the timing of etcd by default and each write on the disk."""
    urls = {f"m{number}": f"http://127.0.0.1:{port}" for number, port in enumerate(free_ports(3))}
    cluster = "--initial-cluster=" + ",".join(f"{name}={url}" for name, url in urls.items())
    timing = ("--heartbeat-interval=100", "--election-timeout=1000", "--unsafe-no-fsync=false")

    def start(name: str) -> Etcd:
        (folder / name).mkdir(parents=True)
        peers = (f"--listen-peer-urls={urls[name]}", f"--initial-advertise-peer-urls={urls[name]}")
        return running.enter_context(running_etcd(folder / name, f"--name={name}", cluster, *peers, *timing))

    with ExitStack() as running:
        with ThreadPoolExecutor() as pool:  # a member is healthy when it has a leader
            members = list(pool.map(start, urls))
        yield members
