"""A guard against locking oneself out: what would be written is judged by what it does to host endpoints.

Refused is what leaves a host endpoint that nobody can reach on tcp/22 any more, or that does not reach etcd any more.
What the answer rests on is guarded: when somebody changes it meanwhile, the command judges again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.errors import NO_POSITION, Problem, Refused
from calicoctl.kinds import Kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.read.labels import parse_label_selector, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry
from calicoctl.selector import SelectorError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySource
    from calicoctl.analysis.lockout.lost_access import LockoutResult, RequiredTarget
    from calicoctl.datastore.client import Datastore
    from calicoctl.resource import LocatedResource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


_RESOLVE_TIMEOUT_SECONDS = 2.0
"""Seconds to wait at most for the addresses of etcd."""


class PlannedChange(NamedTuple):
    """What is about to be written, and what that was planned on."""

    revision: int
    """At which everything was read."""
    view: StoreView
    """With what is under the keys of the writes."""
    writes: Sequence[Write]
    has_hosts: bool
    """Whether there are host endpoints in the datastore."""

    def writes_of(self, *kinds: Kind) -> list[Write]:
        """The writes of some kinds."""
        prefixes = tuple(kind.stored_kind.prefix for kind in kinds)
        return [write for write in self.writes if write.key.startswith(prefixes)]


class LockoutCheckResult(NamedTuple):
    """What there is to say about a change that may be written."""

    warnings: tuple[Problem, ...] = ()
    guards: tuple[Guard, ...] = ()
    """What must stay as it is until it is written."""


def check_lockout(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource], *, allow_lockout: bool
) -> LockoutCheckResult:
    """Judge a change before it is written.

    Args:
        datastore: where it is to be written.
        change: what is to be written.
        resources: what was asked for; resources of manifests tell where their rules stand.
        allow_lockout: whether to warn only.

    Raises:
        Refused: it locks somebody out.
    """
    if not change.writes_of(PROFILE, POLICY, HOST_ENDPOINT):
        return LockoutCheckResult()
    # Somebody might write a host endpoint meanwhile, and be judged without this change.
    guard = Guard(HOST_ENDPOINT.stored_kind.prefix, change.revision, prefix=True)
    if not (change.has_hosts or change.writes_of(HOST_ENDPOINT)):
        return LockoutCheckResult(guards=(guard,))

    affected, guards = assess_host_impact(datastore, change)
    if not affected:
        return LockoutCheckResult(guards=(guard, *guards))
    result = _check_host_access(datastore, change, resources, allow_lockout=allow_lockout)
    return LockoutCheckResult(result.warnings, (guard, *guards, *result.guards))


def _check_host_access(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource], *, allow_lockout: bool
) -> LockoutCheckResult:
    from calicoctl.operations.lockout import messages

    targets, warnings = _etcd_targets(datastore)
    result, revisions = _find_lockouts(datastore, change, resources, targets)
    warnings += messages.new_host_warnings(loss for loss in result.lost if not loss.is_lockout)
    losses = [loss for loss in result.lost if loss.is_lockout]
    if losses and not allow_lockout:
        raise Refused(*messages.refusal_messages(losses))
    warnings += messages.lockout_warnings(losses)
    return LockoutCheckResult(tuple(warnings), tuple(_decision_guards(change, result.relevant_sources, revisions)))


def _find_lockouts(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource], targets: Sequence[RequiredTarget]
) -> tuple[LockoutResult, Mapping[str, int]]:
    """What the change does, and the revisions of all that may have a say in that."""
    from calicoctl.analysis import build_policy_set
    from calicoctl.analysis.lockout.lost_access import find_lockouts
    from calicoctl.operations.policy_sets.sources import sources_for_change

    changes = {
        write.key: None if write.value is None else Entry(write.key, write.value, 0, 0) for write in change.writes
    }
    locators = {item.identifier: item.locate_field for item in resources if item.locate_field}
    sources = sources_for_change(datastore, change.revision, changes, locators)
    return find_lockouts(build_policy_set(sources.before), build_policy_set(sources.after), targets), sources.revisions


def _etcd_targets(datastore: Datastore) -> tuple[list[RequiredTarget], list[Problem]]:
    """The endpoints of etcd that hosts need a network for, and a warning for those that nobody can find."""
    from ipaddress import ip_address

    from calicoctl.analysis.lockout.lost_access import RequiredTarget
    from calicoctl.analysis.sets.addresses import parse_address
    from calicoctl.datastore.resolver import resolve_endpoints

    targets, warnings = [], []
    for site in resolve_endpoints(datastore.settings.endpoints, min(_RESOLVE_TIMEOUT_SECONDS, datastore.timeout)):
        remote_addresses = [text for text in site.addresses or () if not ip_address(text).is_loopback]
        if site.addresses is None:
            text = f"{site.url}: the name can't be resolved: it is not checked that host endpoints still reach it"
            warnings.append(Problem(NO_POSITION, message=text))
        elif remote_addresses:
            targets.append(RequiredTarget(site.url, site.port, tuple(map(parse_address, remote_addresses))))
    return targets, warnings


def _decision_guards(
    change: PlannedChange, sources: Sequence[PolicySource], revisions: Mapping[str, int]
) -> Iterator[Guard]:
    """No new policy, and what the answer rests on as it was; what is written is guarded anyway."""
    yield Guard(POLICY.stored_kind.prefix, change.revision, prefix=True)
    written_keys = {write.key for write in change.writes}
    yield from (Guard(origin.key, revisions[origin.key]) for origin in sources if origin.key not in written_keys)


class HostImpact(NamedTuple):
    """Whether host endpoints are concerned, and what must stay as it is for that to be true."""

    affected: bool
    guards: tuple[Guard, ...] = ()


def assess_host_impact(datastore: Datastore, change: PlannedChange) -> HostImpact:
    """Whether a change concerns a host endpoint that is there or that it writes."""
    if change.writes_of(HOST_ENDPOINT):
        return HostImpact(True)
    host_range = Range(HOST_ENDPOINT.stored_kind.prefix, prefix=True)
    hits = StoreView(datastore.read([host_range], revision=change.revision).entries_by_range[0]).entries_of_kind(
        HOST_ENDPOINT
    )
    keys = _profile_keys(hits)
    if any(write.key in keys for write in change.writes_of(PROFILE)):
        return HostImpact(True)
    entries = datastore.read([Range(key) for key in keys], revision=change.revision).entries_by_range
    guards = (Guard(key, each[0].mod_revision if each else 0) for key, each in zip(keys, entries, strict=True))
    view = StoreView(entry for each in entries for entry in each)
    versions = _old_and_new(change.writes_of(POLICY), change.view)
    return HostImpact(any(_selects_host(hit, hits, view) for hit in versions), tuple(guards))


def _profile_keys(hits: Sequence[StoredEntry]) -> list[str]:
    """The keys of the profiles that host endpoints name."""
    names = (name for hit in hits if hit.stored for name in hit.stored.spec.get("profiles") or ())
    return [PROFILE.stored_kind.key(str(name)) for name in dict.fromkeys(names)]


def _old_and_new(writes: Sequence[Write], before: StoreView) -> Iterator[StoredEntry]:
    """The policies that are written, each as it is and as it would be."""
    for write in writes:
        if entry := before.entry(write.key):
            yield decode_entry(POLICY, entry)
        if write.value is not None:
            yield decode_entry(POLICY, Entry(write.key, write.value, 0, 0))


def _selects_host(policy: StoredEntry, hosts: Sequence[StoredEntry], profiles: StoreView) -> bool:
    """Whether a policy selects any host endpoint; one that can't be read selects none, as for the agent."""
    if policy.resource is None:
        return False
    try:
        selector = parse_label_selector(policy.resource.spec["selector"])
    except SelectorError:
        return False
    return bool(select_by_labels(hosts, selector, profiles))
