"""Certificates and keys: the path of a file, or a text that is in memory only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from calicoctl.bounded_read import read_bounded
from calicoctl.lazy_dataclass import dataclass

_MAX_FILE_BYTES = 2**23
"""Maximum size of a file; the CA certificates of a system have about 200 KiB."""
SUPPORTS_TEXTS = hasattr(os, "memfd_create")
"""Whether texts are supported: the `ssl` module reads client certificates from paths only."""


def read_pem_file(path: str) -> bytes:
    """Return the contents of a file, which is read several times: a pipe is refused.

    Raises:
        OSError: the file is unreadable.
    """
    return read_bounded(path, _MAX_FILE_BYTES, only_files=True)


@dataclass(frozen=True)
class Pem:
    """A certificate or key (PEM), as a file or as a text."""

    path: str | None = None
    """Path of the file, or None for a text."""
    text: str = field(default="", repr=False)
    """The text, without a path."""
    origin: str = ""
    """Source of the setting, such as `calicoctl.cfg:7:14: spec.etcdKey`."""

    @property
    def name(self) -> str:
        """The name in messages: the path, or the source of the text."""
        return self.path or self.origin

    def read(self) -> bytes:
        """Return the contents.

        Raises:
            OSError: the file is unreadable.
        """
        return self.text.encode() if self.path is None else read_pem_file(self.path)

    @contextmanager
    def open_path(self) -> Iterator[str]:
        """Return the path of the file, or of a file in memory that exists until the end of the context."""
        if self.path is not None:
            yield self.path
            return
        memory: Any = os  # type checkers for other platforms do not know memfd_create
        with os.fdopen(memory.memfd_create("calicoctl"), "wb") as file:
            file.write(self.read())
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
