"""The addresses at which the endpoints of etcd are, by their URLs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit


class Site(NamedTuple):
    """Where an endpoint of etcd is."""

    url: str
    port: int
    addresses: tuple[str, ...] | None
    """None when its name can't be resolved."""


def sites_of(urls: Sequence[str], timeout: float) -> tuple[Site, ...]:
    """Look up the endpoints, all at once and for no longer than `timeout` seconds.

    Args:
        urls: as settings have them, `scheme://host:port`.
        timeout: in seconds, for all of them together.
    """
    found: dict[str, tuple[str, ...]] = {}
    # A thread each: the system's resolver can't be told when to give up.
    lookups = [threading.Thread(target=_look_up, args=(url, found), daemon=True) for url in urls]
    for lookup in lookups:
        lookup.start()
    deadline = time.monotonic() + timeout
    for lookup in lookups:
        lookup.join(max(deadline - time.monotonic(), 0))
    return tuple(Site(url, urlsplit(url).port or 0, found.get(url)) for url in urls)


def _look_up(url: str, found: dict[str, tuple[str, ...]]) -> None:
    try:
        answers = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    # A link-local address comes with its interface behind a `%`.
    found[url] = tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))
