"""Resources to analyse: of manifests, of the datastore, or of both as `apply` would merge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from calicoctl.analysis.model.build import ANALYSED_KINDS
from calicoctl.analysis.model.source import (
    PolicySource,
)
from calicoctl.datastore import Changes
from calicoctl.errors import NO_POSITION, Position
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.operations.policy_sets.manifest_sources import PolicySources, sources_from_manifests
from calicoctl.operations.policy_sets.stored_sources import FieldLocator, SourcesBeforeAfter, StoredSources
from calicoctl.resource import FieldPath, Identifier, LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

__all__ = [
    "PolicySources",
    "SourcesBeforeAfter",
    "field_position",
    "sources_before_after",
    "sources_for_change",
    "sources_from_datastore",
    "sources_from_manifests",
]


def sources_from_datastore(
    datastore: Datastore, resources: Sequence[LocatedResource] = (), *, with_pools: bool = False
) -> PolicySources:
    """Return all resources of the datastore, as they would be after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        with_pools: whether to read IP pools, which lint checks.
    """
    kinds = (*ANALYSED_KINDS, IP_POOL) if with_pools else ANALYSED_KINDS
    return StoredSources(datastore, kinds=kinds).with_applied(resources)


def sources_before_after(
    datastore: Datastore, resources: Sequence[LocatedResource], deleted_keys: Iterable[str] = ()
) -> tuple[PolicySources, PolicySources]:
    """Return all resources of the datastore at one revision, before and after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        deleted_keys: keys that are deleted in addition.
    """
    stored = StoredSources(datastore)
    return stored.with_applied(()), stored.with_applied(resources, deleted_keys)


def sources_for_change(
    datastore: Datastore, revision: int, changes: Changes, locators: Mapping[Identifier, FieldLocator]
) -> SourcesBeforeAfter:
    """Return all resources at a revision, before and after changes. `locators` has the positions of manifests."""
    return StoredSources(datastore, revision).with_changes(changes, locators)


def field_position(source: PolicySource | None, path: FieldPath = (), default: Position = NO_POSITION) -> Position:
    """Return the position of a field in its manifest, or `default` for a resource of the datastore."""
    return source.locate(path) if source and source.locate else default
