"""Implementation of `wait`: wait until resources exist, or no longer exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.errors import DatastoreUnreachable, Timeout
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import query_for, query_ranges
from calicoctl.operations.write.outcome import Action, Outcome, Report
from calicoctl.resource import Identifier, LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class WaitCondition:
    """Condition that all resources are PRESENT, or all are ABSENT, at the same time."""

    resources: Sequence[LocatedResource]
    state: Action
    raw_names: bool = False
    """Whether raw names in the store match as well."""

    def is_met(self, entries: Sequence[StoredEntry]) -> bool:
        """Whether the condition holds for a resource. An unreadable entry is neither present nor absent."""
        return any(each.resource for each in entries) if self.state is Action.PRESENT else not entries


def wait(
    datastore: Datastore,
    condition: WaitCondition,
    deadline: float,
    on_connection_change: Callable[[DatastoreUnreachable | None], None] = lambda error: None,
) -> Report:
    """Wait until a condition is met. If the connection is lost, also wait until it is available again.

    Args:
        datastore: the datastore to read.
        condition: the condition.
        deadline: time (`time.monotonic`) of the timeout. The condition is checked at least once.
        on_connection_change: called with the error if the connection is lost, with None if it is available again.

    Raises:
        Timeout: with a line for each resource that does not meet the condition, and the connection error.
        DatastoreUnreachable: the first connection failed.
    """
    from calicoctl.datastore.reflector import Reflector

    queries = {item.identifier: query_for(item.identifier) for item in condition.resources}
    reflector = Reflector(datastore, query_ranges(list(queries.values())), on_connection_change)
    view = StoreView(())
    unmet: Mapping[Identifier, Sequence[StoredEntry]] = {}
    for changes in reflector.changes(deadline):
        view = view.with_changes(changes)
        found = {name: query.find_entries(view, raw_names=condition.raw_names) for name, query in queries.items()}
        unmet = {name: entries for name, entries in found.items() if not condition.is_met(entries)}
        if not unmet:
            outcomes = (Outcome(item.identifier, condition.state, item.position) for item in condition.resources)
            return Report(tuple(outcomes))
    raise Timeout(*_timeout_lines(condition.state, unmet), *(reflector.error.lines if reflector.error else ()))


def _timeout_lines(expected_state: Action, unmet: Mapping[Identifier, Sequence[StoredEntry]]) -> Iterator[str]:
    for identifier, entries in unmet.items():
        errors = "; ".join(each.unreadable for each in entries if not each.resource)
        state = "still absent" if expected_state is Action.PRESENT else "still present"
        yield f"{identifier} {'unreadable' if errors else state}: timed out{errors and f' ({errors})'}"
