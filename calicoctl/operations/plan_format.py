"""Format of plan files: JSON with a digest, which detects changes by accident."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from calicoctl import __version__
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import find_kind
from calicoctl.manifest import Document, Source
from calicoctl.manifest.plain import mapping_node
from calicoctl.operations.plan import NotAPlanError, PlannedResource, SavedPlan
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Identifier, LocatedResource
from calicoctl.schema.validate import checks_for, validate

FORMAT_VERSION = 2


def format_plan(plan: SavedPlan) -> str:
    """Return a plan as JSON."""
    content = {
        "formatVersion": FORMAT_VERSION,
        "calicoctl": __version__,
        "cluster": plan.cluster,
        "legacyLayout": plan.legacy_layout,
        "set": plan.set_name,
        "force": plan.force,
        "resources": list(map(_planned_record, plan.resources)),
    }
    return json.dumps({**content, "digest": digest(content)}, indent=2) + "\n"


def parse_plan(filename: str, text: str) -> SavedPlan:
    """Parse the contents of a plan file, and derive its writes.

    Args:
        filename: name of the file in messages.
        text: contents of the file.

    Raises:
        InvalidManifest: the file is not a plan, was changed after `plan` wrote it, or does not do what it shows.
    """
    try:
        content = json.loads(text, object_pairs_hook=_unique_fields)
        written_digest, version = content.pop("digest"), content["formatVersion"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _invalid_plan(filename, "is not a plan (calicoctl plan -f MANIFEST --save FILE makes one)") from None
    if version != FORMAT_VERSION:
        message = f"has plan format {version!r:.20}, this calicoctl reads {FORMAT_VERSION}"
        raise _invalid_plan(filename, f"{message} (make it again: calicoctl plan)")
    if written_digest != digest(content):
        raise _invalid_plan(filename, "was changed after plan wrote it (make it again: calicoctl plan)")
    try:
        return _plan_from_content(content).with_derived_writes()
    except (NotAPlanError, RecursionError) as error:
        reason = escape_unprintable(str(error)) if isinstance(error, NotAPlanError) else "is nested too deeply"
        raise _invalid_plan(filename, f"is not a plan that calicoctl makes: {reason}") from None


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. A field that it has twice would show another value than the one that is applied."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field twice")
    return fields


def digest(content: dict[str, Any]) -> str:
    """Return the digest of the other contents of a plan file."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _invalid_plan(filename: str, message: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(filename), "", "", message)])


def _planned_record(planned: PlannedResource) -> dict[str, Any]:
    outcome, resource = planned.outcome, planned.item.resource if planned.item else None
    source = outcome.source_fields()
    return {
        **source,
        "file": None if source["file"] is None else escape_unprintable(source["file"]),
        "column": outcome.position.column if outcome.position else None,
        "values": list(outcome.identifier.values),
        "action": outcome.action.value,
        "notes": list(map(escape_unprintable, outcome.notes)),
        "key": outcome.key,
        "revision": planned.revision,
        "before": None if planned.before is None else planned.before.decode("utf-8", "surrogateescape"),
        "manifest": resource.manifest() if resource else None,
    }


def _plan_from_content(content: dict[str, Any]) -> SavedPlan:
    """Return the plan with this content; raise NotAPlanError for a wrong type or an impossible value."""
    if not checks_for("plan").is_valid(content):
        raise NotAPlanError("a field is missing, unknown, or has a wrong type")
    for text in _shown_texts(content):
        if not text.isprintable():
            raise NotAPlanError(f"'{escape_unprintable(text):.60}' has a control character")
    resources = tuple(map(_planned_from_record, content["resources"]))
    return SavedPlan(content["cluster"], content["legacyLayout"], content["set"], content["force"], resources)


def _shown_texts(content: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a plan outside of manifests and stored objects, which have rules of their kinds."""
    yield from filter(None, (content["cluster"], content["set"]))
    for record in content["resources"]:
        yield from filter(None, (record["kind"], record["file"], record["key"]))
        yield from (*record["values"], *record["notes"])


def _planned_from_record(record: dict[str, Any]) -> PlannedResource:
    outcome = _outcome_from_record(record)
    before = None if record["before"] is None else _encode(record["before"])
    item = None if record["manifest"] is None else _item_from_manifest(record["manifest"], outcome)
    planned = PlannedResource(outcome, record["revision"], before, item)
    for field, value in _planned_record(planned).items():
        if json.dumps(value, sort_keys=True) != json.dumps(record[field], sort_keys=True):
            raise NotAPlanError(f"{outcome.identifier}: {field}: has another value than calicoctl writes")
    return planned


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise NotAPlanError("a previous value is not Unicode") from None


def _outcome_from_record(record: dict[str, Any]) -> Outcome:
    place = record["file"], record["line"], record["column"]
    if None in place and place != (None, None, None):
        raise NotAPlanError("a position is incomplete")
    identifier = Identifier(record["kind"], tuple(record["values"]))
    kind = find_kind(identifier.kind)
    if kind is None or kind.name != identifier.kind or len(identifier.values) != len(kind.identifying_fields):
        raise NotAPlanError("a resource has an unknown kind or an incomplete name")
    try:
        action = Action(record["action"])
    except ValueError:
        raise NotAPlanError(f"{identifier}: has an unknown action") from None
    position = None if None in place else Position(*place)
    return Outcome(identifier, action, position, tuple(record["notes"]), record["key"])


def _item_from_manifest(manifest: dict[str, Any], outcome: Outcome) -> LocatedResource:
    """Validate the manifest of a resource as `apply` does.

    Raises:
        NotAPlanError: the manifest is not valid, or is that of another resource.
    """
    try:
        json.dumps(manifest, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotAPlanError(f"{outcome.identifier}: the manifest is not Unicode") from None
    document = Document(Source("", ""), mapping_node(manifest))
    result = validate([document])
    item = next(iter(result.resources), None)
    if item is None or item.resource is None or not result.has_only_deferred_problems:
        problems = "; ".join(str(problem) for problem in result.problems[:1]) or "is not a manifest"
        raise NotAPlanError(f"{outcome.identifier}: {problems}")
    if item.identifier != outcome.identifier:
        raise NotAPlanError(f"{outcome.identifier}: has the manifest of {item.identifier}")
    return replace(item, position=outcome.position)
