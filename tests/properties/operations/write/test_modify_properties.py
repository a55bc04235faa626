"""Merge patches: the difference of two resources, applied to the first, gives the second, for every kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from calicoctl.kinds import Kind
from calicoctl.manifest import MappingNode, Source, read_nodes
from calicoctl.operations.write.modify import apply_merge_patch
from calicoctl.resource import Resource
from tests.support.read_resources import EVERY_KIND
from tests.support.strategies import resources


def merge_patch_between(one: Any, other: Any) -> Any:
    """The merge patch from one value to another."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    changed = {name: merge_patch_between(one.get(name), part) for name, part in other.items() if one.get(name) != part}
    return {**{name: None for name in one if name not in other}, **changed}


def apply_patch(resource: Resource, patch: Any) -> Resource:
    """Return the patched resource."""
    source = Source("-p", json.dumps(patch))
    (root,), problems = read_nodes(source)
    assert problems == []
    assert isinstance(root, MappingNode)
    changed, plan = apply_merge_patch(resource, source, root)
    assert plan.problems == ()
    assert changed is not None
    assert changed.resource is not None
    return changed.resource


@EVERY_KIND
@given(data=st.data())
def test_a_patch_of_the_difference_gives_the_other(kind: Kind, data: st.DataObject) -> None:
    one, other = data.draw(resources(kind)), data.draw(resources(kind))
    names = {field: one.metadata[field] for field in kind.identifying_fields if field in one.metadata}
    rest = {field: value for field, value in other.metadata.items() if field not in kind.identifying_fields}
    if kind.requested_name(one) and not kind.requested_name(other):
        rest["name"] = kind.requested_name(one)
    other = replace(other, identifier=one.identifier, metadata={**names, **rest})
    assume(next(kind.check(other.manifest()), None) is None)  # a pool may be too small, a workload no pod
    assert apply_patch(one, merge_patch_between(one.manifest(), other.manifest())) == other


@EVERY_KIND
@given(data=st.data())
def test_an_empty_patch_changes_nothing(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    assert apply_patch(resource, {}) == resource
