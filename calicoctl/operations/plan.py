"""Saved plans: what apply would write, with the revisions that it saw, as the file that keeps them."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from calicoctl import __version__
from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import kind_of_key
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.run import WritePlan
from calicoctl.resource import Identifier

FORMAT_VERSION = 1


class SavedPlan(NamedTuple):
    """A plan as it is kept in a file."""

    cluster: str | None
    """The GUID of the cluster that it was made for; None when its datastore was bare."""
    outcomes: tuple[Outcome, ...]
    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    """What was found to need no write, at the revision at which it was found."""
    previous_entries: tuple[Entry, ...]
    """What the writes replace or delete, as it was read."""
    announcements: tuple[str, ...]
    """What to say before anything is written."""

    @property
    def view(self) -> StoreView:
        """What the writes replace or delete, to compare with."""
        return StoreView(self.previous_entries)


def make_plan(plan: WritePlan) -> SavedPlan:
    """What there is to keep of a plan."""
    return SavedPlan(
        plan.state.guid,
        tuple(plan.outcomes),
        tuple(plan.writes),
        tuple(plan.unchanged_guards),
        tuple(filter(None, (plan.view.entry(write.key) for write in plan.writes))),
        tuple(plan.announcements),
    )


def dumps(plan: SavedPlan) -> str:
    """The plan as JSON; a digest over all of it tells when the file has been changed."""
    previous_values = {entry.key: entry.value for entry in plan.previous_entries}
    content = {
        "formatVersion": FORMAT_VERSION,
        "calicoctl": __version__,
        "cluster": plan.cluster,
        "announcements": plan.announcements,
        "resources": [_outcome_record(outcome) for outcome in plan.outcomes],
        "writes": [
            {
                "key": write.key,
                "revision": write.revision,
                "before": _value_to_text(previous_values.get(write.key)),
                "value": _value_to_text(write.value),
            }
            for write in plan.writes
        ],
        "guards": [{"key": guard.key, "revision": guard.revision} for guard in plan.guards],
    }
    return json.dumps({**content, "digest": _digest(content)}, indent=2) + "\n"


def _value_to_text(value: bytes | None) -> str | None:
    """A value as JSON can hold it; what other tools have written need not be UTF-8."""
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _text_to_value(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


def _outcome_record(outcome: Outcome) -> dict[str, Any]:
    position = outcome.position
    return {
        "kind": outcome.identifier.kind,
        "values": list(outcome.identifier.values),
        "name": outcome.identifier.name,
        "file": position.source if position else None,
        "line": position.line if position else None,
        "column": position.column if position else None,
        "action": outcome.action.value,
        "notes": list(outcome.notes),
        "key": outcome.key,
    }


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def loads(filename: str, text: str) -> SavedPlan:
    """The plan that a file holds.

    Args:
        filename: of the file, for messages.
        text: what is in it.

    Raises:
        InvalidManifest: it is no plan, or not as `plan` has written it.
    """
    try:
        content = json.loads(text)
        digest = content.pop("digest")
        if content["formatVersion"] != FORMAT_VERSION:
            raise _invalid_plan(
                filename, f"is a plan of format {content['formatVersion']}, this calicoctl reads {FORMAT_VERSION}"
            )
        if digest != _digest(content):
            raise _invalid_plan(filename, "is not as `calicoctl plan` has written it (make the plan again)")
        return _plan_from_record(content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _invalid_plan(filename, "is no plan (calicoctl plan -f MANIFEST -o FILE makes one)") from None


def _invalid_plan(filename: str, message: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(filename), "", "", message)])


def _plan_from_record(content: dict[str, Any]) -> SavedPlan:
    records = content["writes"]
    writes = tuple(Write(str(each["key"]), _text_to_value(each["value"]), int(each["revision"])) for each in records)
    if not all(kind_of_key(write.key) for write in writes):
        raise ValueError("a key of no kind")
    return SavedPlan(
        content["cluster"],
        tuple(map(_outcome_from_record, content["resources"])),
        writes,
        tuple(Guard(str(each["key"]), int(each["revision"])) for each in content["guards"]),
        tuple(
            Entry(write.key, value, 0, write.revision)
            for write, each in zip(writes, records, strict=True)
            if (value := _text_to_value(each["before"])) is not None
        ),
        tuple(map(str, content["announcements"])),
    )


def _outcome_from_record(record: dict[str, Any]) -> Outcome:
    position = Position(record["file"], record["line"], record["column"]) if record["file"] is not None else None
    identifier = Identifier(record["kind"], tuple(record["values"]))
    return Outcome(identifier, Action(record["action"]), position, tuple(record["notes"]), record["key"])
