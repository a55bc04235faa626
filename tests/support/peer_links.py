"""The network between the members of an etcd cluster: a proxy in front of each, which loses the packets of partitions.

A member names itself in its requests to peers: the field `X-Server-From` of the HTTP header.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Collection
from contextlib import suppress

from tests.support.tcp_proxy import TcpProxy

_SENDER = re.compile(rb"X-Server-From: ([0-9a-f]+)")


class _PeerProxy(TcpProxy):
    """Proxy in front of a member. Packets that are lost arrive after the end of the partition, as TCP repeats them."""

    def __init__(self, url: str, links: PeerLinks, name: str) -> None:
        self._links = links
        self._name = name
        self._senders: dict[socket.socket, str] = {}
        super().__init__(url)

    def _forward(self, source: socket.socket, target: socket.socket, is_response: bool) -> None:
        member = target if is_response else source
        with suppress(OSError):
            while data := source.recv(65536):
                if not is_response and (found := _SENDER.search(data)):
                    self._senders[member] = found[1].decode()
                self._links.wait(self._senders.get(member, ""), self._name)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class PeerLinks:
    """Proxies in front of all members of a cluster."""

    def __init__(self, urls: dict[str, str]) -> None:
        """Start the proxies of members by name, each with its URL for peers."""
        self._groups: Collection[Collection[str]] = ()
        self._changed = threading.Condition()
        self.names: dict[str, str] = {}
        """Names of the members by identifier."""
        self._proxies = {name: _PeerProxy(url, self, name) for name, url in urls.items()}

    @property
    def urls(self) -> dict[str, str]:
        """URLs of the proxies."""
        return {name: proxy.endpoint for name, proxy in self._proxies.items()}

    def partition(self, *groups: Collection[str]) -> None:
        """Lose packets between members of different groups; without groups, of none."""
        with self._changed:
            self._groups = groups
            self._changed.notify_all()

    def wait(self, sender: str, receiver: str) -> None:
        """Wait until packets between two members arrive."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_open(sender, receiver))

    def _is_open(self, sender: str, receiver: str) -> bool:
        name = self.names.get(sender, receiver)
        return not self._groups or any(name in group and receiver in group for group in self._groups)

    def close(self) -> None:
        """Close the proxies."""
        self.partition()
        for proxy in self._proxies.values():
            proxy.close()
