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
from calicoctl.kinds import Kind
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.operations.policy_sets.manifest_sources import PolicySources, sources_from_manifests
from calicoctl.operations.policy_sets.stored_sources import FieldLocator, SourcesBeforeAfter, StoredSources
from calicoctl.operations.read.query import kind_ranges
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
    datastore: Datastore, resources: Sequence[LocatedResource] = (), *, with_pools: bool = False, revision: int = 0
) -> PolicySources:
    """Return all resources of the datastore, as they would be after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        with_pools: whether to read IP pools, which lint checks.
        revision: the revision to read; 0 for the current one.

    Raises:
        NotFound: the revision does not exist.
    """
    kinds = (*ANALYSED_KINDS, IP_POOL) if with_pools else ANALYSED_KINDS
    return _read_sources(datastore, revision, kinds).with_applied(resources)


def sources_before_after(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    deleted_keys: Iterable[str] = (),
    revision: int = 0,
) -> tuple[PolicySources, PolicySources]:
    """Return all resources of the datastore at one revision, before and after `apply` of manifests.

    Args:
        datastore: the datastore to read.
        resources: the resources of the manifests.
        deleted_keys: keys that are deleted in addition.
        revision: the revision to read; 0 for the current one.

    Raises:
        NotFound: the revision does not exist.
    """
    stored = _read_sources(datastore, revision)
    return stored.with_applied(()), stored.with_applied(resources, deleted_keys)


def _read_sources(datastore: Datastore, revision: int, kinds: Sequence[Kind] = ANALYSED_KINDS) -> StoredSources:
    """Read the datastore at a revision that the user named, or the current one."""
    if revision:
        from calicoctl.datastore.past_revisions import require_revision

        require_revision(datastore, revision, kind_ranges(kinds)[0])
    return StoredSources(datastore, revision, kinds)


def sources_for_change(
    datastore: Datastore, revision: int, changes: Changes, locators: Mapping[Identifier, FieldLocator]
) -> SourcesBeforeAfter:
    """Return all resources at a revision, before and after changes. `locators` has the positions of manifests."""
    return StoredSources(datastore, revision).with_changes(changes, locators)


def field_position(source: PolicySource | None, path: FieldPath = (), default: Position = NO_POSITION) -> Position:
    """Return the position of a field in its manifest, or `default` for a resource of the datastore."""
    return source.locate(path) if source and source.locate else default
