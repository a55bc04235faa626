"""The YAML language server of Red Hat (npm: yaml-language-server), as an editor uses it: LSP over stdin and stdout."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import pytest

PROGRAM = "yaml-language-server"
_ANSWER_SECONDS = 120
_Message = dict[str, Any]


NOT_INSTALLED = pytest.mark.skipif(
    shutil.which(PROGRAM) is None, reason=f"no {PROGRAM} (npm install --global {PROGRAM})"
)


class Diagnostic(NamedTuple):
    """A problem that the editor marks."""

    line: int
    """From 1."""
    column: int
    """From 1."""
    text: str
    """The marked text of the first line."""
    message: str
    is_schema: bool
    """Whether a schema rejects the text. Otherwise it is not YAML."""


class LanguageServer:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], settings: Mapping[str, Any]) -> None:
        self._process = process
        self._settings = settings
        self._received: Queue[_Message | None] = Queue()
        self._diagnostics: dict[str, list[_Message]] = {}
        self._request_count = 0
        self._receiver = threading.Thread(target=self._receive_all, daemon=True)
        self._receiver.start()
        snippets = {"completion": {"completionItem": {"snippetSupport": True}}}
        capabilities = {"workspace": {"configuration": True}, "textDocument": snippets}
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self.notify("initialized", {})

    def check(self, texts: Mapping[Path, str]) -> dict[Path, list[Diagnostic]]:
        """Open documents, all at the same time because the server waits before it checks one; return their problems."""
        for path, text in texts.items():
            self.open(path, text)
        while not {path.as_uri() for path in texts} <= self._diagnostics.keys():
            self._handle(self._next())
        return {path: _diagnostics(self._diagnostics[path.as_uri()], text) for path, text in texts.items()}

    def open(self, path: Path, text: str) -> None:
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def complete(self, path: Path, line: int, column: int) -> list[str]:
        """Return the proposed words at a position, from 1."""
        answer = self._at_position("completion", path, line, column)
        return [item["label"] for item in answer["items"]]

    def hover(self, path: Path, line: int, column: int) -> str:
        """Return the documentation at a position, from 1."""
        text: str = self._at_position("hover", path, line, column)["contents"]["value"]
        return text

    def _at_position(self, method: str, path: Path, line: int, column: int) -> Any:
        position = {"line": line - 1, "character": column - 1}
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": path.as_uri()}, "position": position})

    def request(self, method: str, parameters: Any) -> Any:
        """Send a request and return the result."""
        self._request_count += 1
        self._send({"id": self._request_count, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == self._request_count and "method" not in message:
                return message["result"]
            self._handle(message)

    def notify(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: _Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _next(self) -> _Message:
        message = self._received.get(timeout=_ANSWER_SECONDS)
        assert message, "the language server has ended"
        return message

    def _receive_all(self) -> None:
        stream = self._process.stdout
        assert stream
        while header := stream.readline():
            if header.startswith(b"Content-Length:"):
                length = int(header.partition(b":")[2])
                while stream.readline() != b"\r\n":
                    pass
                self._received.put(json.loads(stream.read(length)))
        self._received.put(None)

    def stop(self) -> None:
        """End the server as an editor does."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self._receiver.join()

    def _handle(self, message: _Message) -> None:
        """Answer a request of the server, or keep the diagnostics that it publishes."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            items = message["params"].get("items", ()) if message["method"] == "workspace/configuration" else ()
            self._send({"id": message["id"], "result": [self._settings.get(item["section"], {}) for item in items]})


def _diagnostics(published: list[_Message], text: str) -> list[Diagnostic]:
    lines = [*text.splitlines(), ""]
    found = []
    for each in published:
        start, end = each["range"]["start"], each["range"]["end"]
        stop = end["character"] if end["line"] == start["line"] else None
        marked = lines[min(start["line"], len(lines) - 1)][start["character"] : stop]
        is_schema = each["source"].startswith("yaml-schema")
        found.append(Diagnostic(start["line"] + 1, start["character"] + 1, marked, each["message"], is_schema))
    return found


@contextmanager
def running_language_server(**yaml_settings: Any) -> Iterator[LanguageServer]:
    """Run a server with these settings of the section `yaml`."""
    settings = {"yaml": {"schemaStore": {"enable": False}, **yaml_settings}}
    command = [PROGRAM, "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            server = LanguageServer(process, settings)
            yield server
            server.stop()
        finally:
            process.kill()
