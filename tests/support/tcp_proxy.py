"""TCP proxy in front of an etcd, to freeze and cut connections."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator


class TcpProxy:
    """Proxy of `endpoint`, with its own endpoint."""

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("http://").rpartition(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._responses_allowed = threading.Event()
        self._responses_allowed.set()
        self._cut_at_response = False
        self._pending_callback: tuple[re.Pattern[bytes], Callable[[], None]] | None = None
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Stop forwarding responses."""
        self._responses_allowed.clear()

    def thaw(self) -> None:
        """Forward responses again."""
        self._responses_allowed.set()

    def on_request(self, marker: bytes | re.Pattern[bytes], callback: Callable[[], None]) -> None:
        """Call a function once, before the first request that contains these bytes, or matches, is forwarded."""
        pattern = marker if isinstance(marker, re.Pattern) else re.compile(re.escape(marker))
        self._pending_callback = (pattern, callback)

    def cut_at_next_response(self) -> None:
        """Forward the next request, and close the connection instead of forwarding the response."""
        self._cut_at_response = True

    def cut(self) -> None:
        """Close the connections; new ones are accepted."""
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            _close(each)

    def close(self) -> None:
        """Close the proxy and its connections."""
        self._responses_allowed.set()
        _close(self._listener)
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._upstream)
                except OSError:
                    client.close()
                    continue
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += (client, server)
                threading.Thread(target=self._forward, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, True), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_response: bool) -> None:
        before = b""
        with contextlib.suppress(OSError):
            for data in self._read(source):
                if not is_response:
                    self._check_request(before + data)
                    before = data[-100:]  # the bytes may be split between two reads
                if is_response:
                    self._responses_allowed.wait()
                    # HEADERS (1) or DATA (0): a response, not a SETTINGS, PING or WINDOW_UPDATE frame.
                    if self._cut_at_response and any(frame <= 1 for frame in _frame_types(data)):
                        self.close()
                self._deliver(target, data, is_response)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _read(self, source: socket.socket) -> Iterator[bytes]:
        """Yield what a connection sends, as parts that are delivered one by one."""
        while data := source.recv(65536):
            yield data

    def _deliver(self, target: socket.socket, data: bytes, is_response: bool) -> None:  # noqa: ARG002  # for subclasses
        target.sendall(data)

    def _check_request(self, data: bytes) -> None:
        if self._pending_callback and self._pending_callback[0].search(data):
            _, then = self._pending_callback
            self._pending_callback = None
            then()


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def _frame_types(data: bytes) -> list[int]:
    """Return the types of the HTTP/2 frames that start in `data` (small frames are complete)."""
    types = []
    while len(data) >= 9:
        types.append(data[3])
        data = data[9 + int.from_bytes(data[:3], "big") :]
    return types
