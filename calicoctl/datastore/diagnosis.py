"""Why an endpoint can't be used, in plain words. Asks the server again, after gRPC has failed."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from calicoctl.config import Settings
from calicoctl.datastore import tls

_TIMEOUT = 1.0
"""Seconds for each step. gRPC has failed quickly, so the server answers quickly."""

# RFC 9113, 3.4: what a client says first, here with an empty SETTINGS frame.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS_FRAME = 4

_WANTS_TLS = "the server wants TLS: write https:// and give its CA"
_NOT_ETCD = "this is no etcd: it speaks neither HTTP/2 nor TLS"

# X.509 verification results of OpenSSL (x509_vfy.h).
_VERIFICATION = {
    9: "TLS: the server's certificate is not valid yet",
    10: "TLS: the server's certificate has expired",
    62: "TLS: the server's certificate is for another host name",
    64: "TLS: the server's certificate is for another address",
    **dict.fromkeys((18, 19, 20, 21), "TLS: the server's certificate is not signed by the CA"),
}


def cause(endpoint: str, settings: Settings, details: str) -> str:
    """Say why gRPC failed on this endpoint; `details` are gRPC's own words, for want of better ones."""
    host = urlsplit(endpoint).hostname or ""
    try:
        words = _secure_cause(endpoint, settings) if settings.secure else _plain_cause(endpoint)
        return words or details.rpartition("last error: ")[2]
    except socket.gaierror:
        return f"the name '{host}' does not resolve"
    except ConnectionRefusedError:
        return "connection refused"
    except TimeoutError:
        return f"no answer within {_TIMEOUT:g} s"
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _plain_cause(endpoint: str) -> str:
    if _speaks_plain(endpoint):
        return ""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    # Nothing secret is sent: the question is only whether the other side speaks TLS.
    anyone.verify_mode = ssl.CERT_NONE
    with _dial(endpoint) as plain:
        try:
            with anyone.wrap_socket(plain):
                return _WANTS_TLS
        except OSError as error:
            return _WANTS_TLS if _is_alert(error) else _NOT_ETCD


def _secure_cause(endpoint: str, settings: Settings) -> str:
    with _dial(endpoint) as plain:
        try:
            with tls.context(settings).wrap_socket(plain, server_hostname=urlsplit(endpoint).hostname) as secure:
                secure.sendall(_HELLO)
                # With TLS 1.3 the server's verdict on our certificate comes after the handshake.
                if secure.recv(9):
                    return ""
        except ssl.SSLCertVerificationError as error:
            return _VERIFICATION.get(error.verify_code, f"TLS: {error.verify_message}")
        except TimeoutError:
            raise
        except OSError as error:
            if _is_alert(error):
                return _alert(settings)
            if _speaks_plain(endpoint):
                return "the server speaks plain http: write http://"
            return _NOT_ETCD
    return _alert(settings)


def _alert(settings: Settings) -> str:
    if settings.cert_file:
        return "TLS: the server does not accept the client certificate"
    return "TLS: the server wants a client certificate (etcdCertFile, ETCD_CERT_FILE)"


def _is_alert(error: OSError) -> bool:
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def _speaks_plain(endpoint: str) -> bool:
    """Whether the server answers HTTP/2 without TLS."""
    with _dial(endpoint) as plain, contextlib.suppress(ConnectionError, TimeoutError):
        plain.sendall(_HELLO)
        answer = plain.recv(9)
        return len(answer) > 3 and answer[3] == _SETTINGS_FRAME
    return False


@contextlib.contextmanager
def _dial(endpoint: str) -> Iterator[socket.socket]:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port), _TIMEOUT) as connected:
        yield connected
