"""Implementation of `wait`: wait until resources exist, no longer exist, or have a value in a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.errors import DatastoreUnreachable, Timeout
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import query_for, query_ranges
from calicoctl.operations.write.outcome import Action, Outcome, Report
from calicoctl.resource import Identifier, LocatedResource, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.jsonpath import Path


class FieldCondition(NamedTuple):
    """Condition that a field of a resource has a value."""

    name: str
    """Path of the field, for messages."""
    path: Path
    expected: str | None = None
    """Text of the only value at the path; None for any value."""

    def is_met(self, resource: Resource) -> bool:
        """Whether the condition holds for a resource."""
        texts = self._texts(resource)
        return bool(texts) if self.expected is None else texts == [self.expected]

    def describe_state(self, resource: Resource) -> str:
        """Return the current value of the field: `spec.order is 10`."""
        texts = self._texts(resource)
        return f"{self.name.removeprefix('.')} {'is ' + ' '.join(texts) if texts else 'has no value'}"

    def _texts(self, resource: Resource) -> list[str]:
        from calicoctl.jsonpath import JsonPathError, find_values, format_value

        try:
            return [format_value(value) for value in find_values(self.path, resource.manifest())]
        except JsonPathError:  # for example an item of a list that is still too short
            return []


@dataclass(frozen=True)
class WaitCondition:
    """Condition that all resources meet at the same time: they are PRESENT or ABSENT, or a field has a value."""

    resources: Sequence[LocatedResource]
    state: Action | FieldCondition
    raw_names: bool = False
    """Whether raw names in the store match as well."""

    @property
    def outcome(self) -> Action:
        """The reported state of a resource that meets the condition."""
        return self.state if isinstance(self.state, Action) else Action.MET

    def is_met(self, entries: Sequence[StoredEntry]) -> bool:
        """Whether the condition holds for a resource. An unreadable entry is neither present nor absent."""
        if self.state is Action.ABSENT:
            return not entries
        resources = [each.resource for each in entries if each.resource]
        if isinstance(self.state, FieldCondition):
            return any(map(self.state.is_met, resources))
        return bool(resources)


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
            outcomes = (Outcome(item.identifier, condition.outcome, item.position) for item in condition.resources)
            return Report(tuple(outcomes))
    raise Timeout(*_timeout_lines(condition.state, unmet), *(reflector.error.lines if reflector.error else ()))


def _timeout_lines(
    expected: Action | FieldCondition, unmet: Mapping[Identifier, Sequence[StoredEntry]]
) -> Iterator[str]:
    for identifier, entries in unmet.items():
        errors = "; ".join(each.unreadable for each in entries if not each.resource)
        state = _describe_state(expected, [each.resource for each in entries if each.resource])
        yield f"{identifier} {'unreadable' if errors else state}: timed out{errors and f' ({errors})'}"


def _describe_state(expected: Action | FieldCondition, resources: Sequence[Resource]) -> str:
    if not resources:
        return "still absent"
    return expected.describe_state(resources[0]) if isinstance(expected, FieldCondition) else "still present"
