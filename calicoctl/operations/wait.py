"""wait: until resources are there, or are there no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.errors import DatastoreUnreachable, Timeout
from calicoctl.operations.get import query_ranges
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import query_for
from calicoctl.operations.write.outcome import Action, Outcome, Report
from calicoctl.resource import Identifier, LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class WaitCondition:
    """That all of some resources are PRESENT, or all are ABSENT, at one and the same time."""

    resources: Sequence[LocatedResource]
    state: Action
    raw_names: bool = False
    """Whether names of the store count as well."""

    def is_met(self, hits: Sequence[StoredEntry]) -> bool:
        """Whether it holds for a resource that was found so; one that nobody can read is neither here nor gone."""
        return any(hit.resource for hit in hits) if self.state is Action.PRESENT else not hits


def wait(
    datastore: Datastore,
    condition: WaitCondition,
    deadline: float,
    on_connection_change: Callable[[DatastoreUnreachable | None], None] = lambda trouble: None,
) -> Report:
    """Wait until a condition holds. When the datastore goes away meanwhile, that is waited for as well.

    Args:
        datastore: where to look.
        condition: what to wait for.
        deadline: the time (`time.monotonic`) at which to give up; what is there is looked at once in any case.
        on_connection_change: called with the reason when the datastore stays away, with None when it is back.

    Raises:
        Timeout: with a line for each resource that is not as wanted, and why the datastore can't be reached.
        DatastoreUnreachable: at the beginning.
    """
    from calicoctl.datastore.reflector import Reflector

    queries = {item.identifier: query_for(item.identifier) for item in condition.resources}
    follower = Reflector(datastore, query_ranges(list(queries.values()), None), on_connection_change)
    view = StoreView(())
    unmet: Mapping[Identifier, Sequence[StoredEntry]] = {}
    for changes in follower.changes(deadline):
        view = view.with_changes(changes)
        hits = {
            identifier: query.find_entries(view, raw_names=condition.raw_names) for identifier, query in queries.items()
        }
        unmet = {identifier: matches for identifier, matches in hits.items() if not condition.is_met(matches)}
        if not unmet:
            return Report(
                tuple(Outcome(item.identifier, condition.state, item.position) for item in condition.resources)
            )
    raise Timeout(*_timeout_lines(condition.state, unmet), *(follower.error.lines if follower.error else ()))


def _timeout_lines(expected_state: Action, unmet: Mapping[Identifier, Sequence[StoredEntry]]) -> Iterator[str]:
    for identifier, hits in unmet.items():
        errors = "; ".join(f"{hit.entry.key} {hit.decode_error}" for hit in hits if not hit.resource)
        state = "still absent" if expected_state is Action.PRESENT else "still present"
        yield f"{identifier} {'unreadable' if errors else state}: timed out{errors and f' ({errors})'}"
