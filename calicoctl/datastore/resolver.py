"""The addresses at which the endpoints of etcd are, by their URLs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit


class ResolvedEndpoint(NamedTuple):
    """Where an endpoint of etcd is."""

    url: str
    port: int
    addresses: tuple[str, ...] | None
    """None when its name can't be resolved."""


def resolve_endpoints(urls: Sequence[str], timeout: float) -> tuple[ResolvedEndpoint, ...]:
    """Look up the endpoints, all at once and for no longer than `timeout` seconds.

    Args:
        urls: as settings have them, `scheme://host:port`.
        timeout: in seconds, for all of them together.
    """
    addresses_by_url: dict[str, tuple[str, ...]] = {}
    # A thread each: the system's resolver can't be told when to give up.
    threads = [threading.Thread(target=_resolve, args=(url, addresses_by_url), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    return tuple(ResolvedEndpoint(url, urlsplit(url).port or 0, addresses_by_url.get(url)) for url in urls)


def _resolve(url: str, addresses_by_url: dict[str, tuple[str, ...]]) -> None:
    try:
        answers = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    # A link-local address comes with its interface behind a `%`.
    addresses_by_url[url] = tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))
