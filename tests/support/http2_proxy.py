"""Proxy of HTTP/2 frames in front of an etcd: it also moves streams past others, and drops single ones.

Settings request that the server encodes headers without a table of earlier ones (RFC 9113,
SETTINGS_HEADER_TABLE_SIZE), so that answers can arrive in any order. Headers of requests keep
their order, as their stream identifiers have to increase.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.tcp_proxy import TcpProxy

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADER_BYTES = 9
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _CONTINUATION = 0, 1, 3, 4, 9
_END_STREAM = _ACK = 1
_NO_HEADER_TABLE = b"\x00\x01\x00\x00\x00\x00"
_MAX_HOLD_SECONDS = 0.3


class _Frame(NamedTuple):
    kind: int
    flags: int
    stream: int

    @classmethod
    def parse(cls, data: bytes) -> _Frame:
        return cls(data[3], data[4], int.from_bytes(data[5:_HEADER_BYTES], "big"))


class _Direction:
    """One direction of a connection, with the stream that is held back."""

    def __init__(self, target: socket.socket, is_response: bool) -> None:
        self._target = target
        self._held_kinds = {_DATA, _HEADERS, _CONTINUATION} if is_response else {_DATA}
        self._lock = threading.Lock()
        self._held: deque[bytes] = deque()
        self._held_stream = 0
        self._dropped_stream = 0
        self._started: set[int] = set()
        """Streams of which a part was delivered."""

    def deliver(self, data: bytes, *, reorders: bool, drops: bool) -> bool:
        """Send a frame, hold it, or drop it; return whether a stream was chosen to be dropped."""
        frame = _Frame.parse(data)
        with self._lock:
            is_new = frame.kind in self._held_kinds and frame.stream > 0 and frame.stream not in self._started
            chosen = drops and is_new and frame.stream not in {self._held_stream, self._dropped_stream}
            if chosen:
                self._dropped_stream = frame.stream
            elif is_new and reorders and not self._held_stream and frame.stream != self._dropped_stream:
                self._held_stream = frame.stream
                threading.Timer(_MAX_HOLD_SECONDS, self._release_later, (frame.stream,)).start()
            self._route(frame, data)
            return chosen

    def _route(self, frame: _Frame, data: bytes) -> None:
        is_held_kind = frame.kind in self._held_kinds and frame.stream > 0
        if is_held_kind and frame.stream == self._dropped_stream:
            return
        if is_held_kind and frame.stream == self._held_stream:
            self._held.append(data)
            return
        if frame.kind == _RST_STREAM and frame.stream == self._held_stream:
            self._held.clear()
        self._target.sendall(data)
        if is_held_kind:
            self._started.add(frame.stream)
            if frame.flags & _END_STREAM:
                self._release()

    def _release_later(self, stream: int) -> None:
        with self._lock:
            if self._held_stream == stream:
                self._release()

    def _release(self) -> None:
        self._started.add(self._held_stream)
        self._held_stream = 0
        while self._held:
            try:
                self._target.sendall(self._held.popleft())
            except OSError:
                return


class Http2Proxy(TcpProxy):
    """Proxy of an endpoint without TLS."""

    def __init__(self, endpoint: str) -> None:
        self.reorders_requests = False
        """Whether each other request arrives after the one that was sent after it."""
        self.reorders_answers = False
        """Whether each other answer arrives after the next one."""
        self._drops = {True: False, False: False}
        self._directions: dict[socket.socket, _Direction] = {}
        super().__init__(endpoint)

    def drop_next_request(self) -> None:
        """Lose the next request; the connection and the other requests continue."""
        self._drops[False] = True

    def drop_next_answer(self) -> None:
        """Lose the answer of the next request that is answered."""
        self._drops[True] = True

    def _read(self, source: socket.socket) -> Iterator[bytes]:
        """Yield the preface of the client, and frames."""
        buffer = b""
        while data := source.recv(65536):
            buffer += data
            if buffer.startswith(_PREFACE):
                yield _PREFACE
                buffer = buffer[len(_PREFACE) :]
            while len(buffer) >= _HEADER_BYTES and not _PREFACE.startswith(buffer):
                end = _HEADER_BYTES + int.from_bytes(buffer[:3], "big")
                if len(buffer) < end:
                    break
                yield buffer[:end]
                buffer = buffer[end:]

    def _deliver(self, target: socket.socket, data: bytes, is_response: bool) -> None:
        if target not in self._directions:
            self._directions[target] = _Direction(target, is_response)
        direction = self._directions[target]
        if data == _PREFACE:
            target.sendall(data)
            return
        reorders = self.reorders_answers if is_response else self.reorders_requests
        data = data if is_response else _without_header_table(data)
        if direction.deliver(data, reorders=reorders, drops=self._drops[is_response]):
            self._drops[is_response] = False


def _without_header_table(data: bytes) -> bytes:
    """Return a frame; settings with the request that headers are encoded without a table."""
    frame = _Frame.parse(data)
    if frame.kind != _SETTINGS or frame.flags & _ACK:
        return data
    payload = data[_HEADER_BYTES:] + _NO_HEADER_TABLE
    return len(payload).to_bytes(3, "big") + data[3:_HEADER_BYTES] + payload
