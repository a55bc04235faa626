"""How a command writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from calicoctl.progress import Progress, no_progress


class WriteOptions(NamedTuple):
    """What the user has said about how to write."""

    atomic: bool = False
    """Whether to refuse what does not fit one transaction."""
    progress: Progress = no_progress
    """Is told how far the writing has come."""
    notify: Callable[[str], None] = lambda text: None
    """Is told what a person should know before it happens."""
    dry_run: bool = False
    """Whether to look only whether all of it could be written."""
    allow_lockout: bool = False
    """Whether to write even what locks somebody out."""


DEFAULT_WRITE_OPTIONS = WriteOptions()
