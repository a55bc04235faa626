"""One gRPC channel to one etcd server, and the user's token on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
from etcd3 import etcdrpc as rpc

from calicoctl.config import Settings
from calicoctl.datastore import tls
from calicoctl.datastore.failures import FailureAction, classify

_CHANNEL_OPTIONS = (
    # A connection on which nobody says a word may be dead: a watch would never know. etcd closes on clients that ask
    # more often than every 5 seconds (its --grpc-keepalive-min-time).
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # the name of the same in newer versions of gRPC
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


class Connection:
    """A channel to one endpoint. Opening one sends nothing yet."""

    def __init__(self, endpoint: str, credentials: grpc.ChannelCredentials | None) -> None:
        target = endpoint.partition("://")[2]
        self.endpoint = endpoint
        self._channel = (
            grpc.secure_channel(target, credentials, options=_CHANNEL_OPTIONS)
            if credentials
            else grpc.insecure_channel(target, options=_CHANNEL_OPTIONS)
        )
        self._token: str | None = None
        self.transact: Callable[..., Any] = rpc.KVStub(self._channel).Txn.future
        self.ask_status: Callable[..., Any] = rpc.MaintenanceStub(self._channel).Status.future
        self.watch: Callable[..., Any] = rpc.WatchStub(self._channel).Watch

    def send(self, method: Callable[..., Any], request: object, timeout: float) -> Any:
        """Start a request as the user; the answer is the `.result()` of what this returns.

        A future, since Ctrl-C interrupts waiting for it at once, and since several can be on their way.
        """
        return method(request, timeout=timeout, metadata=self._auth_metadata())

    def stream(self, method: Callable[..., Any], requests: Iterator[object]) -> Any:
        """Start a stream as the user; what this returns gives the answers until the stream is cancelled or breaks.

        A member that is cut off from its cluster ends it, rather than to say nothing.
        """
        return method(requests, metadata=(*self._auth_metadata(), ("hasleader", "true")))

    def _auth_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("token", self._token),) if self._token else ()

    def log_in(self, username: str, password: str, timeout: float) -> None:
        """Get a token. Where the server knows no users, go on without one (as etcdctl does).

        Raises:
            grpc.RpcError: the server refuses or does not answer.
        """
        request = rpc.AuthenticateRequest(name=username, password=password)
        authenticate = rpc.AuthStub(self._channel).Authenticate.future
        try:
            self._token = authenticate(request, timeout=timeout).result().token
        except grpc.RpcError as error:
            if classify(error).action is not FailureAction.IGNORE:
                raise
            self._token = None

    def close(self) -> None:
        """Close the channel; requests on their way are cancelled."""
        self._channel.close()


def make_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """Make TLS credentials of the certificate files, or None for plain http.

    Raises:
        UsageProblem: a file can't be used.
    """
    if not settings.uses_tls:
        return None
    tls.check_files(settings)
    return grpc.ssl_channel_credentials(
        root_certificates=tls.read_pem(tls.ca_file(settings)),
        private_key=tls.read_pem(settings.key_file),
        certificate_chain=tls.read_pem(settings.cert_file),
    )
