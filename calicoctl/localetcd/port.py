"""Chooses the port of a local etcd, and refuses one that is in use."""

from __future__ import annotations

import socket

from calicoctl.errors import Conflict, UsageError

DEFAULT_PORT = 2379
"""The client port that etcd has from IANA."""

_HOST = "127.0.0.1"


def choose_port(port: int | None) -> int:
    """The port to listen at: `port`, 2379 for None, a free one for 0.

    Raises:
        Conflict: something listens there already.
        UsageProblem: this user may not listen there.
    """
    port = DEFAULT_PORT if port is None else port
    if _is_port_answering(port):
        raise _port_in_use_error(port)
    with socket.socket() as probe:
        # As etcd does it; else a server that was stopped just now seems to be there for another minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except PermissionError as error:
            raise UsageError(f"port {port}: you may not listen there; use one above 1023") from error
        except OSError as error:
            raise _port_in_use_error(port) from error
        return int(probe.getsockname()[1])


def _is_port_answering(port: int) -> bool:
    # A server at 0.0.0.0 has the port too, though some systems would let us bind 127.0.0.1.
    with socket.socket() as client:
        client.settimeout(1)
        return port != 0 and client.connect_ex((_HOST, port)) == 0


def _port_in_use_error(port: int) -> Conflict:
    return Conflict(
        f"port {port} of 127.0.0.1 is in use by another program",
        f"  if that is an etcd you want to use: export ETCD_ENDPOINTS=http://127.0.0.1:{port}",
        "  otherwise choose another port, or any free one: calicoctl etcd start --port 0",
    )
