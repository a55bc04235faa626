"""Bare steps of bulk operations, each a program of its own: `python -m bench.bare_steps STEP FILE`.

They import no module of calicoctl, so that they stay the same when calicoctl changes.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

_OPERATIONS = 128
"""Puts of a transaction: the default limit of etcd."""
_IN_FLIGHT = 8
"""Transactions that are sent and not answered."""
_TIMEOUT = 60


def parse(path: str) -> None:
    """Parse YAML into the events of libyaml."""
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    get_event = CParser(Path(path).read_text(encoding="utf-8")).get_event
    while get_event() is not None:
        pass


def write(path: str) -> None:
    """Put keys and values, a JSON list of pairs, in pipelined transactions."""
    import grpc
    from etcd3 import etcdrpc as rpc

    pairs = json.loads(Path(path).read_bytes())
    with grpc.insecure_channel(os.environ["ETCD_ENDPOINTS"].partition("://")[2]) as channel:
        transact = rpc.KVStub(channel).Txn.future
        pending: deque[Any] = deque()
        for start in range(0, len(pairs), _OPERATIONS):
            request = rpc.TxnRequest()
            for key, value in pairs[start : start + _OPERATIONS]:
                put = request.success.add().request_put
                put.key, put.value = key.encode(), value.encode()
            pending.append(transact(request, timeout=_TIMEOUT))
            if len(pending) == _IN_FLIGHT:
                pending.popleft().result()
        for future in pending:
            future.result()


def read(path: str) -> None:
    """Read the keys and values that `write` has put, with one request."""
    import grpc
    from etcd3 import etcdrpc as rpc

    pairs = json.loads(Path(path).read_bytes())
    with grpc.insecure_channel(
        os.environ["ETCD_ENDPOINTS"].partition("://")[2], options=[("grpc.max_receive_message_length", -1)]
    ) as channel:
        first, last = pairs[0][0], pairs[-1][0]
        request = rpc.RangeRequest(key=first.encode(), range_end=last.encode() + b"\0")
        response = rpc.KVStub(channel).Range(request, timeout=_TIMEOUT)
    if len(response.kvs) != len(pairs):
        raise SystemExit(f"read {len(response.kvs)} of {len(pairs)} keys")


STEPS: dict[str, Callable[[str], None]] = {"bare-parse": parse, "bare-etcd": write, "bare-read": read}

if __name__ == "__main__":
    STEPS[sys.argv[1]](sys.argv[2])
