"""get: the resources of a kind, or those that are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import Conflict, NotFound
from calicoctl.kinds import Kind
from calicoctl.kinds.v3only import foreign_criteria
from calicoctl.operations.lookup import Found, View, found, ranges_for
from calicoctl.operations.writing import several
from calicoctl.resource import Located, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Listing:
    """Resources, and what to warn of."""

    resources: tuple[Resource, ...]
    warnings: tuple[str, ...] = ()


def get_all(datastore: Datastore, kinds: Sequence[Kind]) -> Listing:
    """All resources of these kinds, each kind in the order of its names."""
    snapshot = datastore.read([Range(kind.stored_as.prefix, prefix=True) for kind in kinds])
    hits = [found(kind, entry) for kind, entries in zip(kinds, snapshot.found, strict=True) for entry in entries]
    return _listing(sorted(hits, key=lambda hit: (kinds.index(hit.kind), _sort_key(hit))))


def get_named(datastore: Datastore, located: Sequence[Located], *, raw: bool, ignore_not_found: bool) -> Listing:
    """The named resources, in the order in which they are named.

    Raises:
        NotFound: one of them is not there.
        Conflict: a name means more than one object.
    """
    snapshot = datastore.read(ranges_for([item.identifier for item in located], raw=raw))
    view = View(entry for entries in snapshot.found for entry in entries)
    hits: list[Found] = []
    missing: list[str] = []
    ambiguous: list[str] = []
    for item in located:
        those = view.named(item.identifier) if raw else view.stored(item.identifier)
        if len(those) > 1:
            ambiguous.append(f"{item.identifier}: {several(those)}")
        elif not those:
            missing.append(f"{item.identifier} not found")
        hits += those
    if ambiguous:
        raise Conflict(*ambiguous)
    if missing and not ignore_not_found:
        raise NotFound(*missing)
    return _listing(hits)


def _sort_key(hit: Found) -> bytes:
    """By v1 name as Calico 1.6 kept it in its keys, where `/` was written `%2f`."""
    resource = hit.resource
    name = "/".join(resource.identifier.values) if resource else hit.entry.key
    return name.replace("/", "%2f").encode("utf-8", "surrogateescape")


def _listing(hits: Sequence[Found]) -> Listing:
    resources: list[Resource] = []
    warnings: list[str] = []
    for hit in hits:
        if hit.stored is None:
            warnings.append(f"{hit.entry.key} {hit.fault}: passed over")
            continue
        resource = hit.resource
        assert resource is not None  # noqa: S101 - it has an object
        resources.append(resource)
        warnings += (f"{resource.identifier}: {what}" for what in _beyond_v1(hit))
    return Listing(tuple(resources), tuple(warnings))


def _beyond_v1(hit: Found) -> list[str]:
    """What v1 can't show of an object: what is printed would match more than what is in force."""
    assert hit.stored is not None  # noqa: S101 - only called with an object
    spec = hit.stored.spec
    found_more = [
        f"{direction}[{index}] also matches by {', '.join(criteria)}, which v1 can't say"
        for direction in ("ingress", "egress")
        for index, rule in enumerate(spec.get(direction) or ())
        if (criteria := foreign_criteria(rule))
    ]
    if (tier := spec.get("tier") or "default") != "default":
        found_more.append(f"is in tier {tier!r}, which v1 can't say")
    found_more += [
        f"is limited by {field}, which v1 can't say"
        for field in ("namespaceSelector", "serviceAccountSelector")
        if spec.get(field)
    ]
    return found_more
