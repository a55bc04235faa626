"""Completions of peers: `trace --from`, `trace --to` and `connectivity --focus`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from calicoctl.console.completion.items import NO_SPACE, Items, completion_items, read_identifiers

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.resource import Identifier

_PREFIXES = ("profile:", "selector:", "labels:")
_OUTSIDE = "outside"
_PROFILE_PREFIX = "profile:"


def peers(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete a peer: its syntax, the names after `profile:` and `KIND/`, and the names of endpoints."""
    from calicoctl.kinds import find_kind
    from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
    from calicoctl.kinds.profile import PROFILE
    from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT

    if incomplete.startswith(_PROFILE_PREFIX):
        profiles = _identifiers(context, [PROFILE])
        return completion_items((f"{_PROFILE_PREFIX}{each.name}" for each in profiles), incomplete)
    word, slash, _ = incomplete.partition("/")
    kind = find_kind(word) if slash else None
    if kind in {PROFILE, WORKLOAD_ENDPOINT, HOST_ENDPOINT}:  # also by an alias
        return completion_items((f"{word}/{each.name}" for each in _identifiers(context, [kind])), incomplete)
    items = [CompletionItem(word, type=NO_SPACE) for word in _PREFIXES if word.startswith(incomplete)]
    if _OUTSIDE.startswith(incomplete):
        items.append(CompletionItem(_OUTSIDE))
    if ":" in incomplete:
        return items
    try:
        names = [str(each) for each in _identifiers(context, [WORKLOAD_ENDPOINT, HOST_ENDPOINT])]
    except Exception:  # noqa: BLE001 - the syntax is completed without names
        return items
    return [*items, *completion_items(names, incomplete)]


def _identifiers(context: click.Context, kinds: Sequence[Kind]) -> Sequence[Identifier]:
    """Return the identifiers of kinds in the manifests of the command line, or else in the datastore."""
    filenames = context.params.get("filenames") or context.params.get("files")
    if not filenames:
        return read_identifiers(context, kinds)
    from calicoctl.operations.load.manifests import LoadOptions, load_resources

    recursive = bool(context.params.get("recursive"))
    resources = load_resources(filenames, recursive=recursive, options=LoadOptions(identity_only=True)).resources
    names = {kind.name for kind in kinds}
    return [resource.identifier for resource in resources if resource.identifier.kind in names]
