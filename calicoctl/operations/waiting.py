"""wait: until resources are there, or are there no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.errors import DatastoreUnreachable, Timeout
from calicoctl.operations.lookup import Found, View
from calicoctl.operations.outcome import Action, Outcome, Report
from calicoctl.operations.query import query_for
from calicoctl.operations.reading import ranges_of
from calicoctl.resource import Identifier, Located

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Condition:
    """That all of some resources are PRESENT, or all are ABSENT, at one and the same time."""

    located: Sequence[Located]
    state: Action
    raw: bool = False
    """Whether names of the store count as well."""

    def holds(self, hits: Sequence[Found]) -> bool:
        """Whether it holds for a resource that was found so; one that nobody can read is neither here nor gone."""
        return any(hit.resource for hit in hits) if self.state is Action.PRESENT else not hits


def wait(
    datastore: Datastore,
    condition: Condition,
    until: float,
    tell: Callable[[DatastoreUnreachable | None], None] = lambda trouble: None,
) -> Report:
    """Wait until a condition holds. When the datastore goes away meanwhile, that is waited for as well.

    Args:
        datastore: where to look.
        condition: what to wait for.
        until: the time (`time.monotonic`) at which to give up; what is there is looked at once in any case.
        tell: is called with the reason when the datastore is away for long, and with None when it is back.

    Raises:
        Timeout: with a line for each resource that is not as wanted, and why the datastore can't be reached.
        DatastoreUnreachable: at the beginning.
    """
    from calicoctl.datastore.following import Follower

    queries = {item.identifier: query_for(item.identifier) for item in condition.located}
    follower = Follower(datastore, ranges_of(list(queries.values()), None), tell)
    view = View(())
    left: Mapping[Identifier, Sequence[Found]] = {}
    for changes in follower.changes(until):
        view = view.after(changes)
        hits = {identifier: query.hits(view, raw=condition.raw) for identifier, query in queries.items()}
        left = {identifier: those for identifier, those in hits.items() if not condition.holds(those)}
        if not left:
            return Report(tuple(Outcome(item.identifier, condition.state, item.position) for item in condition.located))
    raise Timeout(*_lines(condition.state, left), *(follower.trouble.lines if follower.trouble else ()))


def _lines(wanted: Action, left: Mapping[Identifier, Sequence[Found]]) -> Iterator[str]:
    for identifier, hits in left.items():
        faults = "; ".join(f"{hit.entry.key} {hit.fault}" for hit in hits if not hit.resource)
        state = "still absent" if wanted is Action.PRESENT else "still present"
        yield f"{identifier} {'unreadable' if faults else state}: timed out{faults and f' ({faults})'}"
