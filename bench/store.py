"""An etcd to measure with: fresh, private, and gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calicoctl import local_etcd


@contextmanager
def fresh_etcd() -> Iterator[local_etcd.Server]:
    """A fresh etcd as `calicoctl etcd start` runs it."""
    with tempfile.TemporaryDirectory(prefix="calicoctl-bench-") as folder:
        server, _, _ = local_etcd.start(Path(folder), 0)
        try:
            yield server
        finally:
            local_etcd.stop(Path(folder))


@contextmanager
def etcd_of_the_environment() -> Iterator[local_etcd.Server]:
    """A fresh etcd to which everything connects that is told nothing else."""
    for name in [name for name in os.environ if name.startswith(("ETCD_", "CALICO_"))]:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode beside it
    with fresh_etcd() as server:
        os.environ.update(ETCD_ENDPOINTS=server.endpoint, DATASTORE_TYPE="etcdv3")
        yield server
