"""What a gRPC status from etcd means and what to do about it: one table."""

from __future__ import annotations

import contextlib
import enum
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from grpc import RpcError, StatusCode

from calicoctl.config import Settings
from calicoctl.datastore import tls


class FailureAction(enum.Enum):
    """What the client does about a failed request."""

    GIVE_UP = enum.auto()
    """Tell the user."""
    LOG_IN = enum.auto()
    """Authenticate again and repeat: etcd refused before it did anything."""
    RECONNECT = enum.auto()
    """Try all endpoints again, if the request may be repeated."""
    RESTART_READ = enum.auto()
    """Start the whole snapshot again: its revision is gone."""
    SPLIT = enum.auto()
    """The transaction is too large for this server."""
    IGNORE = enum.auto()
    """Nothing is wrong: the server knows no users."""


class RequestFailure(NamedTuple):
    """A failed request."""

    action: FailureAction
    message: str
    """For the user; empty when the server's own words say it best."""
    details: str = ""
    """The server's or gRPC's own words."""
    code: StatusCode | None = None

    @property
    def was_not_sent(self) -> bool:
        """Whether the request surely never left: gRPC had no connection to send it on."""
        return self.details.startswith(_NO_CONNECTION_DETAILS)

    def __str__(self) -> str:
        return self.message or self.details


_NO_CONNECTION_DETAILS = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")


_LOGIN_REQUIRED = "the datastore wants a user name and password (etcdUsername, ETCD_USERNAME)"


_NO_SPACE = "etcd's space quota is used up: it takes no writes until it is compacted and disarmed"


# The code, and words of etcd's message; the first row that fits is taken.
_FAILURES: dict[tuple[StatusCode, str], RequestFailure] = {
    (StatusCode.UNAUTHENTICATED, "invalid auth token"): RequestFailure(
        FailureAction.LOG_IN, "the login is not accepted"
    ),
    (StatusCode.INVALID_ARGUMENT, "revision of auth store is old"): RequestFailure(
        FailureAction.LOG_IN, "users or roles are being changed"
    ),
    (StatusCode.INVALID_ARGUMENT, "invalid user ID or password"): RequestFailure(
        FailureAction.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.INVALID_ARGUMENT, "user name is empty"): RequestFailure(FailureAction.GIVE_UP, _LOGIN_REQUIRED),
    (StatusCode.INVALID_ARGUMENT, "user name not found"): RequestFailure(
        FailureAction.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.FAILED_PRECONDITION, "authentication is not enabled"): RequestFailure(
        FailureAction.IGNORE, "authentication is not enabled"
    ),
    (StatusCode.PERMISSION_DENIED, ""): RequestFailure(FailureAction.GIVE_UP, "permission denied"),
    (StatusCode.OUT_OF_RANGE, "compacted"): RequestFailure(
        FailureAction.RESTART_READ, "the datastore is compacted too often"
    ),
    (StatusCode.INVALID_ARGUMENT, "too many operations"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.INVALID_ARGUMENT, "request is too large"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "larger than max"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "database space exceeded"): RequestFailure(FailureAction.GIVE_UP, _NO_SPACE),
    (StatusCode.UNIMPLEMENTED, ""): RequestFailure(FailureAction.GIVE_UP, "this server is not etcd v3"),
    (StatusCode.UNAVAILABLE, ""): RequestFailure(FailureAction.RECONNECT, ""),
    (StatusCode.DEADLINE_EXCEEDED, ""): RequestFailure(FailureAction.RECONNECT, "no answer in time"),
}


def classify(error: RpcError) -> RequestFailure:
    """Look up what a failed call means."""
    code, details = error.code(), error.details() or ""
    for (known_code, words), known_failure in _FAILURES.items():
        if code is known_code and words in details:
            return known_failure._replace(details=details, code=code)
    return RequestFailure(FailureAction.GIVE_UP, f"{code.name.lower()}: {details}", details, code)


_PROBE_TIMEOUT_SECONDS = 1.0
"""Seconds for each step. gRPC has failed quickly, so the server answers quickly."""


# RFC 9113, 3.4: what a client says first, here with an empty SETTINGS frame.
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


_SETTINGS_FRAME = 4


_TLS_REQUIRED = "the server wants TLS: write https:// and give its CA"


_NOT_ETCD = "this is no etcd: it speaks neither HTTP/2 nor TLS"


# X.509 verification results of OpenSSL (x509_vfy.h).
_VERIFY_ERRORS = {
    9: "TLS: the server's certificate is not valid yet",
    10: "TLS: the server's certificate has expired",
    62: "TLS: the server's certificate is for another host name",
    64: "TLS: the server's certificate is for another address",
    **dict.fromkeys((18, 19, 20, 21), "TLS: the server's certificate is not signed by the CA"),
}


def diagnose(endpoint: str, settings: Settings, details: str) -> str:
    """Say why gRPC failed on this endpoint; `details` are gRPC's own words, for want of better ones."""
    host = urlsplit(endpoint).hostname or ""
    try:
        reason = _diagnose_tls(endpoint, settings) if settings.uses_tls else _diagnose_plaintext(endpoint)
        return reason or details.rpartition("last error: ")[2]
    except socket.gaierror:
        return f"the name '{host}' does not resolve"
    except ConnectionRefusedError:
        return "connection refused"
    except TimeoutError:
        return f"no answer within {_PROBE_TIMEOUT_SECONDS:g} s"
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _diagnose_plaintext(endpoint: str) -> str:
    if _speaks_plaintext_http2(endpoint):
        return ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Nothing secret is sent: the question is only whether the other side speaks TLS.
    context.verify_mode = ssl.CERT_NONE
    with _dial(endpoint) as connected:
        try:
            with context.wrap_socket(connected):
                return _TLS_REQUIRED
        except OSError as error:
            return _TLS_REQUIRED if _is_tls_alert(error) else _NOT_ETCD


def _diagnose_tls(endpoint: str, settings: Settings) -> str:
    with _dial(endpoint) as connected:
        try:
            with tls.ssl_context(settings).wrap_socket(
                connected, server_hostname=urlsplit(endpoint).hostname
            ) as tls_socket:
                tls_socket.sendall(_HTTP2_PREFACE)
                # With TLS 1.3 the server's verdict on our certificate comes after the handshake.
                if tls_socket.recv(9):
                    return ""
        except ssl.SSLCertVerificationError as error:
            return _VERIFY_ERRORS.get(error.verify_code, f"TLS: {error.verify_message}")
        except TimeoutError:
            raise
        except OSError as error:
            if _is_tls_alert(error):
                return _alert_message(settings)
            if _speaks_plaintext_http2(endpoint):
                return "the server speaks plain http: write http://"
            return _NOT_ETCD
    return _alert_message(settings)


def _alert_message(settings: Settings) -> str:
    if settings.cert_file:
        return "TLS: the server does not accept the client certificate"
    return "TLS: the server wants a client certificate (etcdCertFile, ETCD_CERT_FILE)"


def _is_tls_alert(error: OSError) -> bool:
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def _speaks_plaintext_http2(endpoint: str) -> bool:
    """Whether the server answers HTTP/2 without TLS."""
    with _dial(endpoint) as connected, contextlib.suppress(ConnectionError, TimeoutError):
        connected.sendall(_HTTP2_PREFACE)
        answer = connected.recv(9)
        return len(answer) > 3 and answer[3] == _SETTINGS_FRAME
    return False


@contextlib.contextmanager
def _dial(endpoint: str) -> Iterator[socket.socket]:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port), _PROBE_TIMEOUT_SECONDS) as connected:
        yield connected
