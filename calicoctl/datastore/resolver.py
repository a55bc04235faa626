"""Addresses of etcd endpoints."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from calicoctl.deadline import Deadline


class ResolvedEndpoint(NamedTuple):
    """Port and addresses of an endpoint."""

    url: str
    port: int
    addresses: tuple[str, ...] | None
    """None if the host name cannot be resolved."""


def resolve_endpoints(urls: Sequence[str], timeout: float) -> tuple[ResolvedEndpoint, ...]:
    """Resolve the host names of endpoints, all at the same time.

    Args:
        urls: `scheme://host:port`.
        timeout: in seconds, for all endpoints together.
    """
    addresses_by_url: dict[str, tuple[str, ...]] = {}
    # One daemon thread for each: `getaddrinfo` has no timeout.
    threads = [threading.Thread(target=_resolve, args=(url, addresses_by_url), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    deadline = Deadline.after(timeout)
    for thread in threads:
        thread.join(deadline.remaining)
    return tuple(ResolvedEndpoint(url, urlsplit(url).port or 0, addresses_by_url.get(url)) for url in urls)


def _resolve(url: str, addresses_by_url: dict[str, tuple[str, ...]]) -> None:
    try:
        answers = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    # A link-local address has the suffix `%INTERFACE`.
    addresses_by_url[url] = tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))
