"""Options of a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.progress import Progress, no_progress

if TYPE_CHECKING:
    from calicoctl.operations.history.recorder import HistoryOptions


class WriteOptions(NamedTuple):
    """Options of the user for a write."""

    atomic: bool = False
    """Whether to refuse a write that does not fit one transaction."""
    progress: Progress = no_progress
    notify: Callable[[str], None] = lambda text: None
    """Called with each announcement before the write."""
    dry_run: bool = False
    """Whether to plan and check without writing."""
    allow_lockout: bool = False
    """Whether to write changes that cut off a host endpoint from tcp/22 or from etcd."""
    failsafe: str = "none"
    """Failsafe ports of the agent that the lockout check assumes, as for `failsafe_ports_from_text`."""
    history: HistoryOptions | None = None
    """Record of the command in the history; None for none."""
    revision: int = 0
    """Revision that a preview is made for; 0 for the latest."""


DEFAULT_WRITE_OPTIONS = WriteOptions()
