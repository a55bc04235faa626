"""HTTP/1.1 connections to etcd, for its v2 API and its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from calicoctl.config import Settings

if TYPE_CHECKING:
    from http.client import HTTPConnection


def open_http_connection(endpoint: str, settings: Settings, timeout: float) -> HTTPConnection:
    """Return a connection, which connects with the first request.

    Args:
        endpoint: URL.
        settings: the TLS settings.
        timeout: in seconds, of each step.

    Raises:
        ssl.SSLError: a certificate file is invalid.
    """
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if not settings.uses_tls:
        return HTTPConnection(host, parts.port, timeout=timeout)
    from calicoctl.datastore import tls

    context = tls.ssl_context(settings)
    context.set_alpn_protocols(["http/1.1"])
    return HTTPSConnection(host, parts.port, timeout=timeout, context=context)
