"""Saved plans: what apply would write, with the revisions that it saw, to be carried out exactly so or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl import __version__
from calicoctl.datastore import Entry, FailedGuard, Guard, GuardsFailed, Range, Write
from calicoctl.errors import Conflict, InvalidManifest, Position, Problem
from calicoctl.kinds import KINDS
from calicoctl.operations.commit import Intent, commit
from calicoctl.operations.lockout import Change, judge
from calicoctl.operations.lookup import View
from calicoctl.operations.manner import Manner
from calicoctl.operations.outcome import Action, Outcome, Report
from calicoctl.operations.rivalry import described
from calicoctl.operations.state import RANGES, State, state_of
from calicoctl.operations.writing import TRIES, Plan, levels
from calicoctl.resource import Identifier

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

FORMAT = 1


class SavedPlan(NamedTuple):
    """A plan as it is kept in a file."""

    cluster: str | None
    """The GUID of the cluster that it was made for; None when its datastore was bare."""
    outcomes: tuple[Outcome, ...]
    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    """What was found to need no write, at the revision at which it was found."""


def saved(plan: Plan) -> SavedPlan:
    """What there is to keep of a plan."""
    return SavedPlan(_cluster(plan.state), tuple(plan.outcomes), tuple(plan.writes), tuple(plan.seen))


def _cluster(state: State) -> str | None:
    return str(state.cluster.spec.get("clusterGUID") or "") if state.cluster else None


def written(plan: SavedPlan) -> str:
    """The plan as JSON; a digest over all of it tells when the file has been changed."""
    content = {
        "formatVersion": FORMAT,
        "calicoctl": __version__,
        "cluster": plan.cluster,
        "resources": [_record(outcome) for outcome in plan.outcomes],
        "writes": [
            {"key": write.key, "revision": write.revision, "value": write.value and write.value.decode()}
            for write in plan.writes
        ],
        "guards": [{"key": guard.key, "revision": guard.revision} for guard in plan.guards],
    }
    return json.dumps({**content, "digest": _digest(content)}, indent=2, ensure_ascii=False) + "\n"


def _record(outcome: Outcome) -> dict[str, Any]:
    place = outcome.position
    return {
        "kind": outcome.identifier.kind,
        "values": list(outcome.identifier.values),
        "name": outcome.identifier.name,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "action": outcome.action.value,
        "notes": list(outcome.notes),
        "key": outcome.key,
    }


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read(name: str, text: str) -> SavedPlan:
    """The plan that a file holds.

    Args:
        name: of the file, for messages.
        text: what is in it.

    Raises:
        InvalidManifest: it is no plan, or not as `plan` has written it.
    """
    try:
        content = json.loads(text)
        digest = content.pop("digest")
        if content["formatVersion"] != FORMAT:
            raise _refused(name, f"is a plan of format {content['formatVersion']}, this calicoctl reads {FORMAT}")
        if digest != _digest(content):
            raise _refused(name, "is not as `calicoctl plan` has written it (make the plan again)")
        return _parsed(content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _refused(name, "is no plan (calicoctl plan -f MANIFEST -o FILE makes one)") from None


def _refused(name: str, message: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(name), "", "", message)])


def _parsed(content: dict[str, Any]) -> SavedPlan:
    writes = tuple(
        Write(str(each["key"]), None if each["value"] is None else each["value"].encode(), int(each["revision"]))
        for each in content["writes"]
    )
    prefixes = tuple(kind.stored_as.prefix for kind in KINDS)
    if not all(write.key.startswith(prefixes) for write in writes):
        raise ValueError("a key of no kind")
    guards = tuple(Guard(str(each["key"]), int(each["revision"])) for each in content["guards"])
    return SavedPlan(content["cluster"], tuple(map(_outcome, content["resources"])), writes, guards)


def _outcome(record: dict[str, Any]) -> Outcome:
    place = Position(record["file"], record["line"], record["column"]) if record["file"] is not None else None
    identifier = Identifier(record["kind"], tuple(record["values"]))
    return Outcome(identifier, Action(record["action"]), place, tuple(record["notes"]), record["key"])


def carry_out(datastore: Datastore, plan: SavedPlan, manner: Manner) -> Report:
    """Do exactly what a plan says.

    What it does to host endpoints is judged once more: that may be different now.

    Raises:
        Conflict: a key is not as the plan saw it, or the datastore is another one; nothing was written.
        Refused: the datastore is locked, or somebody would be locked out.
    """
    expected = [*(Guard(write.key, write.revision) for write in plan.writes), *plan.guards]
    for _ in range(TRIES):
        intent, warnings = _checked(datastore, plan, expected, manner)
        try:
            commit(datastore, intent, manner)
        except GuardsFailed as error:
            if any(failed.key in {guard.key for guard in expected} for failed in error.failed):
                raise _stale(error.failed, intent.before) from None
        else:
            return Report(plan.outcomes, warnings, dry_run=manner.dry_run)
    raise Conflict(f"others keep writing: tried {TRIES} times, nothing was written")


def _checked(
    datastore: Datastore, plan: SavedPlan, expected: Sequence[Guard], manner: Manner
) -> tuple[Intent, tuple[Problem, ...]]:
    """What to write when everything is as the plan saw it, and what to warn of."""
    snapshot = datastore.read([*RANGES, *(Range(guard.key) for guard in expected)])
    state = state_of(snapshot)
    state.check_unlocked()
    if _cluster(state) != plan.cluster:
        raise Conflict("the plan was made for another datastore, or before this one was initialised (make it again)")
    view = View(entry for entries in snapshot.found for entry in entries)
    _check(expected, view)
    change = Change(snapshot.revision, view, plan.writes, state.hosts)
    verdict = judge(datastore, change, (), allow=manner.allow_lockout)
    return Intent(levels(plan.writes), state, view, plan.guards, verdict.guards), verdict.warnings


def _check(expected: Sequence[Guard], view: View) -> None:
    found: list[tuple[Guard, Entry | None]] = [(guard, view.entry(guard.key)) for guard in expected]
    failed = [
        FailedGuard(guard.key, guard.revision, entry)
        for guard, entry in found
        if (entry.revision if entry else 0) != guard.revision
    ]
    if failed:
        raise _stale(failed, view)


def _stale(failed: Sequence[FailedGuard], view: View) -> Conflict:
    lines = [described(guard, view) for guard in failed]
    return Conflict("the plan is stale, nothing was written (make it again: calicoctl plan)", *lines)
