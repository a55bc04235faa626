"""Saved plan of `apply`: its writes, the revisions that they are based on, and the file format."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from calicoctl import __version__
from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import find_kind, kind_of_key
from calicoctl.operations.read.lookup import StoreView, decode_entry
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.resource import Identifier

FORMAT_VERSION = 1


class SavedPlan(NamedTuple):
    """Contents of a plan file."""

    cluster: str | None
    """GUID of the cluster that the plan was made for; None for a bare datastore."""
    outcomes: tuple[Outcome, ...]
    writes: tuple[Write, ...]
    guards: tuple[Guard, ...]
    """Guards of resources that needed no write."""
    previous_entries: tuple[Entry, ...]
    """Entries that the writes replace or delete."""
    announcements: tuple[str, ...]
    """Texts to print before the write."""

    @classmethod
    def from_plan(cls, context: PlanContext, plan: WritePlan) -> SavedPlan:
        """Return the contents of a plan that are saved."""
        return cls(
            context.state.guid,
            plan.outcomes,
            plan.writes,
            plan.unchanged_guards,
            tuple(filter(None, (context.view.entry(write.key) for write in plan.writes))),
            plan.announcements,
        )

    @property
    def view(self) -> StoreView:
        """View of the entries that the writes replace or delete."""
        return StoreView(self.previous_entries)

    def dumps(self) -> str:
        """Return the plan as JSON. A digest of the contents detects changes to the file."""
        previous_values = {entry.key: entry.value for entry in self.previous_entries}
        content = {
            "formatVersion": FORMAT_VERSION,
            "calicoctl": __version__,
            "cluster": self.cluster,
            "announcements": self.announcements,
            "resources": [_outcome_record(outcome) for outcome in self.outcomes],
            "writes": [
                {
                    "key": write.key,
                    "revision": write.revision,
                    "before": _value_to_text(previous_values.get(write.key)),
                    "value": _value_to_text(write.value),
                }
                for write in self.writes
            ],
            "guards": [{"key": guard.key, "revision": guard.revision} for guard in self.guards],
        }
        return json.dumps({**content, "digest": _digest(content)}, indent=2) + "\n"

    @classmethod
    def loads(cls, filename: str, text: str) -> SavedPlan:
        """Parse the contents of a plan file.

        Args:
            filename: name of the file in messages.
            text: contents of the file.

        Raises:
            InvalidManifest: the file is not a plan, or was changed after `plan` wrote it.
        """
        try:
            content = json.loads(text)
            digest = content.pop("digest")
            if content["formatVersion"] != FORMAT_VERSION:
                version = content["formatVersion"]
                raise _invalid_plan(filename, f"has plan format {version}, this calicoctl reads {FORMAT_VERSION}")
            if digest != _digest(content):
                raise _invalid_plan(filename, "was changed after `calicoctl plan` wrote it (make the plan again)")
            return cls._from_content(content)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            hint = "calicoctl plan -f MANIFEST --save FILE makes one"
            raise _invalid_plan(filename, f"is not a plan ({hint})") from None

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> SavedPlan:
        """Return the plan with this content.

        Raises:
            ValueError: the content is not a plan: it has a wrong type, or a value that is not readable.
        """
        from calicoctl.schema.validate import checks_for

        if not checks_for("plan").is_valid(content):
            raise ValueError("not a plan")
        records = content["writes"]
        writes = tuple(Write(each["key"], _text_to_value(each["value"]), each["revision"]) for each in records)
        _check_texts({**content, "writes": [{**each, "before": None} for each in records]})
        for write in writes:
            _check_write(write)
        return cls(
            content["cluster"],
            tuple(map(_outcome_from_record, content["resources"])),
            writes,
            tuple(Guard(each["key"], each["revision"]) for each in content["guards"]),
            tuple(
                Entry(write.key, value, 0, write.revision)
                for write, each in zip(writes, records, strict=True)
                if (value := _text_to_value(each["before"])) is not None
            ),
            tuple(content["announcements"]),
        )


def _check_texts(content: dict[str, Any]) -> None:
    """Raise ValueError for a single surrogate. Only values that the plan replaces need not be Unicode."""
    json.dumps(content, ensure_ascii=False).encode()


def _check_write(write: Write) -> None:
    """Raise ValueError for a write that `apply` would not make: of another kind, or of an unreadable object."""
    kind = kind_of_key(write.key)
    if kind is None or (write.value is not None and decode_entry(kind, Entry(write.key, write.value, 0, 0)).unreadable):
        raise ValueError("not a write of apply")


def _value_to_text(value: bytes | None) -> str | None:
    """Return a value as text for JSON. Values of other tools need not be UTF-8."""
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _text_to_value(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


def _outcome_record(outcome: Outcome) -> dict[str, Any]:
    return {
        **outcome.source_fields(),
        "values": list(outcome.identifier.values),
        "column": outcome.position.column if outcome.position else None,
        "action": outcome.action.value,
        "notes": list(outcome.notes),
        "key": outcome.key,
    }


def _outcome_from_record(record: dict[str, Any]) -> Outcome:
    """Return an outcome; raise ValueError if its resource or position is impossible."""
    place = record["file"], record["line"], record["column"]
    if None in place and place != (None, None, None):
        raise ValueError("not a position")
    position = None if None in place else Position(*place)
    identifier = Identifier(record["kind"], tuple(record["values"]))
    kind = find_kind(identifier.kind)
    if kind is None or kind.name != identifier.kind or len(identifier.values) != len(kind.identifying_fields):
        raise ValueError("not a resource")
    return Outcome(identifier, Action(record["action"]), position, tuple(record["notes"]), record["key"])


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _invalid_plan(filename: str, message: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(filename), "", "", message)])
