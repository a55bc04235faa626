"""Certificates and keys: the path of a file, or a text that is in memory only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUPPORTS_TEXTS = hasattr(os, "memfd_create")
"""Whether texts are supported: the `ssl` module reads client certificates from paths only."""


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
        return self.text.encode() if self.path is None else Path(self.path).read_bytes()

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
