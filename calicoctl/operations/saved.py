"""Saved plans: what apply would write, with the revisions that it saw, as the file that keeps them."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from calicoctl import __version__
from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import KINDS
from calicoctl.operations.lookup import View
from calicoctl.operations.outcome import Action, Outcome
from calicoctl.operations.writing import Plan
from calicoctl.resource import Identifier

FORMAT = 1


class SavedPlan(NamedTuple):
    """A plan as it is kept in a file."""

    cluster: str | None
    """The GUID of the cluster that it was made for; None when its datastore was bare."""
    outcomes: tuple[Outcome, ...]
    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    """What was found to need no write, at the revision at which it was found."""
    before: tuple[Entry, ...]
    """What the writes replace or delete, as it was read."""
    announcements: tuple[str, ...]
    """What to say before anything is written."""

    @property
    def view(self) -> View:
        """What the writes replace or delete, to compare with."""
        return View(self.before)


def saved(plan: Plan) -> SavedPlan:
    """What there is to keep of a plan."""
    return SavedPlan(
        plan.state.guid,
        tuple(plan.outcomes),
        tuple(plan.writes),
        tuple(plan.seen),
        tuple(filter(None, (plan.view.entry(write.key) for write in plan.writes))),
        tuple(plan.announcements),
    )


def written(plan: SavedPlan) -> str:
    """The plan as JSON; a digest over all of it tells when the file has been changed."""
    before = {entry.key: entry.value for entry in plan.before}
    content = {
        "formatVersion": FORMAT,
        "calicoctl": __version__,
        "cluster": plan.cluster,
        "announcements": plan.announcements,
        "resources": [_record(outcome) for outcome in plan.outcomes],
        "writes": [
            {
                "key": write.key,
                "revision": write.revision,
                "before": _text(before.get(write.key)),
                "value": _text(write.value),
            }
            for write in plan.writes
        ],
        "guards": [{"key": guard.key, "revision": guard.revision} for guard in plan.guards],
    }
    return json.dumps({**content, "digest": _digest(content)}, indent=2) + "\n"


def _text(value: bytes | None) -> str | None:
    """A value as JSON can hold it; what other tools have written need not be UTF-8."""
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


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
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refused(name, "is no plan (calicoctl plan -f MANIFEST -o FILE makes one)") from None


def _refused(name: str, message: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(name), "", "", message)])


def _parsed(content: dict[str, Any]) -> SavedPlan:
    records = content["writes"]
    writes = tuple(Write(str(each["key"]), _bytes(each["value"]), int(each["revision"])) for each in records)
    prefixes = tuple(kind.stored_as.prefix for kind in KINDS)
    if not all(write.key.startswith(prefixes) for write in writes):
        raise ValueError("a key of no kind")
    return SavedPlan(
        content["cluster"],
        tuple(map(_outcome, content["resources"])),
        writes,
        tuple(Guard(str(each["key"]), int(each["revision"])) for each in content["guards"]),
        tuple(
            Entry(write.key, value, 0, write.revision)
            for write, each in zip(writes, records, strict=True)
            if (value := _bytes(each["before"])) is not None
        ),
        tuple(map(str, content["announcements"])),
    )


def _outcome(record: dict[str, Any]) -> Outcome:
    place = Position(record["file"], record["line"], record["column"]) if record["file"] is not None else None
    identifier = Identifier(record["kind"], tuple(record["values"]))
    return Outcome(identifier, Action(record["action"]), place, tuple(record["notes"]), record["key"])
