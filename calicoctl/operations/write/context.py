"""Contents of the datastore for a write, and whether the write is recorded in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.operations.history.entry import HISTORY_PREFIX
from calicoctl.operations.history.recorder import HistoryOptions, history_ranges
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.cluster import STATE_RANGES, State
from calicoctl.operations.write.options import WriteOptions
from calicoctl.operations.write.outcome import Report
from calicoctl.operations.write.plan import PlanContext

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


def read_context(
    datastore: Datastore,
    ranges: Sequence[Range],
    options: WriteOptions,
    restored: Mapping[tuple[str, int], int] | None = None,
) -> PlanContext:
    """Read the state of the datastore, some ranges, and the keys of the history, in one transaction if it fits.

    Args:
        datastore: the datastore.
        ranges: the ranges of the plan.
        options: the options of the user.
        restored: keys that earlier attempts have rolled back.

    Raises:
        PermissionDenied: the user may not read a range, which can be that of the history.
    """
    history = () if options.dry_run else history_ranges(options.history)
    snapshot = datastore.read((*STATE_RANGES, *history, *ranges), revision=options.revision)
    history_keys = snapshot.entries_by_range[len(STATE_RANGES)] if history else ()
    view = StoreView.from_snapshot(snapshot)
    return PlanContext(State.from_snapshot(snapshot), view, snapshot.revision, restored or {}, history_keys)


def without_history(options: HistoryOptions | None) -> bool:
    """Stop the record of a command that has no permission. Return False if it was not recorded anyway."""
    if options is None or not options.is_permitted:
        return False
    options.is_permitted = False
    return True


def with_history_warning(report: Report) -> Report:
    """Return the report, with a warning if it has a change, which is not in the history without the permission."""
    if not report.written_summary:
        return report
    remedy = f"grant readwrite for the prefix {HISTORY_PREFIX}, or set CALICO_HISTORY=off"
    warning = Problem(NO_POSITION, message=f"the change is not in the history: permission denied ({remedy})")
    return replace(report, warnings=(*report.warnings, warning))
