"""The etcd v3 datastore: snapshots and guarded transactions.

Importing this package is cheap: gRPC (75 ms) is imported by `connect`. `Datastore` is in its module `client`;
import it for type checking only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from calicoctl.config import Settings
from calicoctl.datastore.values import (
    Changes,
    CommitResult,
    Entry,
    FailedGuard,
    Guard,
    GuardsFailed,
    Range,
    ServerStatus,
    Snapshot,
    TransactionTooLarge,
    Write,
)

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

__all__ = [
    "Changes",
    "CommitResult",
    "Entry",
    "FailedGuard",
    "Guard",
    "GuardsFailed",
    "Range",
    "ServerStatus",
    "Snapshot",
    "TransactionTooLarge",
    "Write",
    "connect",
]


# gRPC reads these when it is imported: without them it talks on stderr and minds every fork. The
# resolver of the system knows all that other programs know (/etc/nsswitch.conf); gRPC's own does not.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_DNS_RESOLVER", "native")


def connect(settings: Settings, max_operations: int | None = None) -> Datastore:
    """Reach the datastore: all endpoints at once, and the first that answers is used.

    `max_operations` is what the server allows in one transaction, 128 unless it was started with another setting.

    Raises:
        UsageProblem: a certificate file can't be used.
        DatastoreUnreachable: no endpoint answers within `settings.timeout`, or the login is refused.
    """
    from calicoctl.datastore.client import Datastore

    return Datastore(settings) if max_operations is None else Datastore(settings, max_operations)
