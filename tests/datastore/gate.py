"""A TCP gate in front of an etcd: connections through it can be frozen or cut, as networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Gate:
    """Forwards to `endpoint` from an endpoint of its own."""

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("http://").rpartition(":")
        self._behind = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._answers_pass = threading.Event()
        self._answers_pass.set()
        self._cut_at_answer = False
        self._awaited: tuple[bytes, Callable[[], None]] | None = None
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Hold back all answers."""
        self._answers_pass.clear()

    def thaw(self) -> None:
        """Let answers pass again."""
        self._answers_pass.set()

    def when_sent(self, marker: bytes, then: Callable[[], None]) -> None:
        """Do something once, just before the first request that holds these bytes goes on its way."""
        self._awaited = (marker, then)

    def cut_at_the_next_answer(self) -> None:
        """Let the next request through, and close the connection when its answer comes."""
        self._cut_at_answer = True

    def close(self) -> None:
        """Close everything."""
        self._answers_pass.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._behind)
                except OSError:
                    client.close()
                    continue
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += (client, server)
                threading.Thread(target=self._forward, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, True), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        before = b""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not answers:
                    self._look_at(before + data)
                    before = data[-100:]  # bytes that are looked for may come in two parts
                if answers:
                    self._answers_pass.wait()
                    # HEADERS (1) or DATA (0): an answer, and not a SETTINGS, PING or WINDOW_UPDATE frame.
                    if self._cut_at_answer and any(frame <= 1 for frame in _frames(data)):
                        self.close()
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _look_at(self, data: bytes) -> None:
        if self._awaited and self._awaited[0] in data:
            _, then = self._awaited
            self._awaited = None
            then()


def _frames(data: bytes) -> list[int]:
    """The types of the HTTP/2 frames that begin in `data` (small ones come whole)."""
    types = []
    while len(data) >= 9:
        types.append(data[3])
        data = data[9 + int.from_bytes(data[:3], "big") :]
    return types
