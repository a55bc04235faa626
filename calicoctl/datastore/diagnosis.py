"""Diagnosis of endpoints that gRPC cannot connect to: gRPC does not report the cause."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from calicoctl.config import Settings
from calicoctl.datastore import tls
from calicoctl.deadline import Deadline
from calicoctl.errors import os_reason

_PROBE_TIMEOUT_SECONDS = 1.0
"""Maximum time of each step. A short time is enough: the connection failed before the deadline of gRPC."""
_MIN_PROBE_SECONDS = 0.05
"""Time of a step if less is left."""
# Connection preface of a client (RFC 9113, 3.4), with an empty SETTINGS frame.
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS_FRAME = 4

LOGIN_REQUIRED = "the datastore requires a user name and password (set etcdUsername or ETCD_USERNAME)"
_TLS_REQUIRED = "the server requires TLS (write https:// and set the CA file)"
_NOT_ETCD = "this is not etcd: it supports neither HTTP/2 nor TLS"

# X.509 verification results of OpenSSL (x509_vfy.h).
_VERIFY_ERRORS = {
    9: "TLS: the server's certificate is not valid yet",
    10: "TLS: the server's certificate has expired",
    62: "TLS: the server's certificate is for another host name",
    64: "TLS: the server's certificate is for another address",
    **dict.fromkeys((18, 19, 20, 21), "TLS: the server's certificate is not signed by the CA"),
}


def diagnose(endpoint: str, settings: Settings, details: str, deadline: Deadline) -> str:
    """Return the reason why gRPC cannot connect to an endpoint.

    Args:
        endpoint: URL.
        settings: the TLS settings.
        details: error message of gRPC, returned if no reason was found.
        deadline: end of the diagnosis.
    """
    host = urlsplit(endpoint).hostname or ""
    try:
        reason = (
            _diagnose_tls(endpoint, settings, deadline)
            if settings.uses_tls
            else _diagnose_plaintext(endpoint, deadline)
        )
        return reason or details.rpartition("last error: ")[2]
    except socket.gaierror:
        return f"the name '{host}' does not resolve"
    except ConnectionRefusedError:
        return "connection refused"
    except TimeoutError:
        return "no answer in time" if deadline.has_passed else f"no answer within {_PROBE_TIMEOUT_SECONDS:g} s"
    except OSError as error:
        return os_reason(error)


def _diagnose_plaintext(endpoint: str, deadline: Deadline) -> str:
    if _speaks_plaintext_http2(endpoint, deadline):
        return ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Sends no data: only tests whether the server supports TLS.
    context.verify_mode = ssl.CERT_NONE
    with _dial(endpoint, deadline) as connected:
        try:
            with context.wrap_socket(connected):
                return _TLS_REQUIRED
        except OSError as error:
            return _TLS_REQUIRED if _is_tls_alert(error) else _NOT_ETCD


def _diagnose_tls(endpoint: str, settings: Settings, deadline: Deadline) -> str:
    with _dial(endpoint, deadline) as connected:
        try:
            with tls.ssl_context(settings).wrap_socket(
                connected, server_hostname=urlsplit(endpoint).hostname
            ) as tls_socket:
                tls_socket.sendall(_HTTP2_PREFACE)
                # With TLS 1.3, the server rejects a client certificate after the handshake.
                if tls_socket.recv(9):
                    return ""
        except ssl.SSLCertVerificationError as error:
            return _VERIFY_ERRORS.get(error.verify_code, f"TLS: {error.verify_message}")
        except TimeoutError:
            raise
        except OSError as error:
            if _is_tls_alert(error):
                return _alert_message(settings)
            if _speaks_plaintext_http2(endpoint, deadline):
                return "the server uses plain HTTP (write http://)"
            return _NOT_ETCD
    return _alert_message(settings)


def _alert_message(settings: Settings) -> str:
    if settings.certificate:
        return "TLS: the server rejected the client certificate"
    return "TLS: the server requires a client certificate (set etcdCertFile or ETCD_CERT_FILE)"


def _is_tls_alert(error: OSError) -> bool:
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def _speaks_plaintext_http2(endpoint: str, deadline: Deadline) -> bool:
    """Whether the server answers HTTP/2 without TLS."""
    with _dial(endpoint, deadline) as connected, contextlib.suppress(ConnectionError, TimeoutError):
        connected.sendall(_HTTP2_PREFACE)
        answer = connected.recv(9)
        return len(answer) > 3 and answer[3] == _SETTINGS_FRAME
    return False


@contextlib.contextmanager
def _dial(endpoint: str, deadline: Deadline) -> Iterator[socket.socket]:
    parts = urlsplit(endpoint)
    timeout = min(_PROBE_TIMEOUT_SECONDS, max(deadline.remaining, _MIN_PROBE_SECONDS))
    with socket.create_connection((parts.hostname, parts.port), timeout) as connected:
        yield connected
