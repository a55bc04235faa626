"""The etcd v3 datastore: snapshots, watches and guarded transactions.

The import of this package is fast: `connect` imports gRPC, which takes 75 ms. Import `Datastore` (in `client`) for type
checking only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from calicoctl.datastore.values import (
    ANY_REVISION,
    Changes,
    CommitResult,
    Entry,
    FailedGuard,
    Guard,
    GuardsFailed,
    Range,
    ServerStatus,
    Snapshot,
    SnapshotReader,
    TransactionLog,
    TransactionTooLarge,
    Write,
)
from calicoctl.deferred_imports import defer_imports

if TYPE_CHECKING:
    from calicoctl.config import Settings
    from calicoctl.datastore.client import Datastore

__all__ = [
    "ANY_REVISION",
    "Changes",
    "CommitResult",
    "Entry",
    "FailedGuard",
    "Guard",
    "GuardsFailed",
    "Range",
    "ServerStatus",
    "Snapshot",
    "SnapshotReader",
    "TransactionLog",
    "TransactionTooLarge",
    "Write",
    "connect",
]


# gRPC reads these when it is imported. By default, it writes to stderr and installs fork handlers, and its own resolver
# does not support all sources of the system (/etc/nsswitch.conf).
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_DNS_RESOLVER", "native")
# gRPC and protobuf import these and use them only for servers, asyncio, and messages without upb: 30 of 105 ms.
# `ssl` is for TLS.
defer_imports("asyncio", "grpc.aio", "google.protobuf.internal.python_message", "ssl")


def connect(settings: Settings, max_operations: int | None = None) -> Datastore:
    """Connect to the first endpoint that answers; all are tried at the same time.

    Args:
        settings: endpoints, credentials, timeout.
        max_operations: maximum number of operations in a transaction (etcd --max-txn-ops); None for the default of
            etcd, 128.

    Raises:
        UsageError: a certificate file is missing or invalid.
        DatastoreUnreachable: no endpoint answers within `settings.timeout`, or the login is rejected.
    """
    defer_imports("etcd3")  # only its messages are used
    from calicoctl.datastore.client import Datastore

    return Datastore(settings) if max_operations is None else Datastore(settings, max_operations)
