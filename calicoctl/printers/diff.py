"""Differences between manifests and the datastore: unified diffs, a summary, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from calicoctl.operations.diff import ResourceDiff
from calicoctl.operations.write.outcome import Action
from calicoctl.printable import escape_unprintable, join_lines
from calicoctl.printers import record
from calicoctl.printers.formats import TextOptions
from calicoctl.printers.resources.manifests import format_yaml
from calicoctl.resource import Resource

_DEV_NULL = "/dev/null"
_STATUSES = ("new", "different", "gone", "unmanaged", "same")


def format_text(diffs: Sequence[ResourceDiff], options: TextOptions) -> str:
    """Return a unified diff of the v1 YAML of each changed resource, or a summary."""
    if options.summary:
        return _format_summary(diffs)
    text = "".join(line for diff in diffs if not diff.unchanged for line in _unified_diff(diff))
    return "".join(f"{options.style(line)}\n" for line in text.splitlines())


def _unified_diff(diff: ResourceDiff) -> Iterator[str]:
    name, position = escape_unprintable(str(diff.outcome.identifier)), diff.outcome.position
    before = f"{name} (datastore, revision {diff.revision})" if diff.before else _DEV_NULL
    after = f"{name} ({position})" if diff.after else _DEV_NULL
    old, new = _yaml_lines(diff.before), _yaml_lines(diff.after)
    if diff.before_set != diff.after_set:
        old, new = [*_set_lines(diff.before_set), *old], [*_set_lines(diff.after_set), *new]
    new = [*(f"# {escape_unprintable(field)} of the stored object\n" for field in diff.hidden_fields), *new]
    return unified_diff(old, new, before, after)


def _yaml_lines(resource: Resource | None) -> list[str]:
    return format_yaml([resource]).splitlines(keepends=True) if resource else []


def _set_lines(name: str | None) -> list[str]:
    """Return a comment with the set of a resource: manifests have no field for it."""
    return [f"# set: {escape_unprintable(name)}\n"] if name else []


def _format_summary(diffs: Sequence[ResourceDiff]) -> str:
    """Return a line for each changed resource, and the number of resources by status."""
    descriptions = [_describe(diff) for diff in diffs]
    lines = [
        f"{diff.outcome.identifier} {description}"
        for diff, (_, description) in zip(diffs, descriptions, strict=True)
        if description
    ]
    counts = [f"{count} {status}" for status, count in _count_statuses(diffs).items() if count]
    return join_lines([*lines, ", ".join(counts)])


def _summary_to_dict(diffs: Sequence[ResourceDiff]) -> dict[str, Any]:
    """Return the content of the summary."""
    changed = [
        {**diff.outcome.source_fields(), "status": _describe(diff)[0], "fields": list(diff.fields)}
        for diff in diffs
        if not diff.unchanged
    ]
    return {"formatVersion": 1, "counts": _count_statuses(diffs), "changed": changed}


def _count_statuses(diffs: Sequence[ResourceDiff]) -> dict[str, int]:
    statuses = [_describe(diff)[0] for diff in diffs]
    return {status: statuses.count(status) for status in _STATUSES}


def _describe(diff: ResourceDiff) -> tuple[str, str]:
    """Return the status of a resource and its description."""
    if diff.unchanged:
        return "same", ""
    if diff.before is None:
        return "new", "is not in the datastore"
    if diff.after is None:
        status = "unmanaged" if diff.outcome.action is Action.UNMANAGED else "gone"
        return status, "is in the datastore only"
    return "different", f"differs: {', '.join(diff.fields)}"


def format_json(diffs: Sequence[ResourceDiff], options: TextOptions) -> str:
    """Return a JSON list with an object for each resource, including unchanged ones, or a summary as an object."""
    if options.summary:
        return record.format_json(_summary_to_dict(diffs))
    return record.format_json([_diff_to_dict(diff) for diff in diffs])


def _diff_to_dict(diff: ResourceDiff) -> dict[str, Any]:
    return {
        **diff.outcome.source_fields(),
        "action": diff.outcome.action.value,
        "fields": list(diff.fields),
        "revision": diff.revision or None,
        "before": diff.before and diff.before.manifest(),
        "after": diff.after and diff.after.manifest(),
        "beforeSet": diff.before_set,
        "afterSet": diff.after_set,
        "error": None,
    }
