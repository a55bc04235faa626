"""Addresses of the endpoints of etcd."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from calicoctl.datastore.resolver import ResolvedEndpoint, resolve_endpoints


def test_the_addresses_of_etcd(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"etcd.example": ["192.0.2.9", "2001:db8::9", "192.0.2.9"], "local.example": ["fe80::9%eth0"]}
    actual = socket.getaddrinfo

    def getaddrinfo(name: str, *arguments: Any, **more: Any) -> Any:
        if name in known:
            return [(0, 0, 0, "", (text, 0)) for text in known[name]]
        return actual(name, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    urls = ("http://etcd.example:2379", "https://10.0.0.1:80", "http://local.example:1", "http://a.invalid:2")
    assert resolve_endpoints(urls, 5) == (
        ResolvedEndpoint(urls[0], 2379, ("192.0.2.9", "2001:db8::9")),
        ResolvedEndpoint(urls[1], 80, ("10.0.0.1",)),
        ResolvedEndpoint(urls[2], 1, ("fe80::9",)),
        ResolvedEndpoint(urls[3], 2, None),
    )


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(30) and [])
    assert resolve_endpoints(("http://slow.example:2379",), 0.1) == (
        ResolvedEndpoint("http://slow.example:2379", 2379, None),
    )
    released.set()
