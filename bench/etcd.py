"""Private etcd servers for benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calicoctl import local_etcd


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
