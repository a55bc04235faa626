"""Deferred problems of manifests: rules of v1 that the stored resource breaks as well.

Rules for manifests apply to changes. Other tools store values that v1 rejects, such as named ports. These can be
written again if they are unchanged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from calicoctl.errors import InvalidManifest, Problem
from calicoctl.operations.read.lookup import StoreView, kind_of
from calicoctl.resource import LocatedResource, Resource, field_path
from calicoctl.schema.validate import validation_errors

_INDEX = re.compile(r"\[\d+\]")


def check_deferred_problems(view: StoreView, resources: Iterable[LocatedResource]) -> None:
    """Raise InvalidManifest if manifests have problems that the stored resources do not have."""
    problems = [problem for item in resources if item.deferred_problems for problem in _remaining_problems(view, item)]
    if problems:
        raise InvalidManifest(problems)


def _remaining_problems(view: StoreView, item: LocatedResource) -> Iterable[Problem]:
    entries = view.entries_named(item.identifier)
    if item.resource is None and entries:
        return ()  # the identifier of a stored resource
    stored = entries[0].resource if len(entries) == 1 else None
    return problems_of_changes(item, stored) if stored else item.deferred_problems


def problems_of_changes(item: LocatedResource, stored: Resource) -> Iterator[Problem]:
    """Yield the deferred problems of a manifest that the stored resource does not have.

    A problem has the same field, without indexes of lists, and the same message, which contains the value. What the
    stored metadata breaks with the new spec counts as well: the network of a pool, too small only if it is enabled.
    Rules of v3 about both are checked before the write (`Kind.check_v3`).
    """
    known = Counter(_problem_keys(stored))
    if item.resource:
        with_new_spec = _problem_keys(replace(stored, spec=item.resource.spec))
        known |= Counter(key for key in with_new_spec if key[0].startswith("metadata."))
    for problem in item.deferred_problems:
        key = _INDEX.sub("[]", problem.path), problem.message
        if known[key]:
            known[key] -= 1
        else:
            yield problem


def _problem_keys(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield path and message of each problem of a resource as a manifest."""
    for error in validation_errors(kind_of(resource.identifier), resource.manifest()):
        yield _INDEX.sub("[]", field_path(error.path)), error.message
