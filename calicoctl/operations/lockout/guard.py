"""Lockout check: refuse writes that cut off a host endpoint.

A write is refused if a host endpoint would no longer be reachable on tcp/22, or would no longer reach etcd. The
resources that decide this are guarded: if another client changes them at the same time, the check runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.errors import NO_POSITION, Problem, Refused
from calicoctl.kinds import Kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.read.labels import parse_label_selector, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry, skipped_message
from calicoctl.selector import SelectorError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySource
    from calicoctl.analysis.lockout.lost_access import LockoutResult, RequiredTarget
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.policy_sets.sources import SourcesBeforeAfter
    from calicoctl.resource import LocatedResource

_RESOLVE_TIMEOUT_SECONDS = 2.0
"""Timeout for resolving the names of the etcd endpoints."""


class PlannedChange(NamedTuple):
    """Writes, and the contents of the datastore that they are based on."""

    revision: int
    """Revision of `view`."""
    view: StoreView
    """View with at least the current entries of the written keys."""
    writes: Sequence[Write]
    has_hosts: bool
    """Whether the datastore contains host endpoints."""

    def writes_of(self, *kinds: Kind) -> list[Write]:
        """Return the writes of some kinds."""
        prefixes = tuple(kind.stored_kind.prefix for kind in kinds)
        return [write for write in self.writes if write.key.startswith(prefixes)]


class LockoutCheckResult(NamedTuple):
    """Result of the lockout check for a change that is allowed."""

    warnings: tuple[Problem, ...] = ()
    guards: tuple[Guard, ...] = ()
    """Guards of the resources that the result depends on."""


class LockoutOptions(Protocol):
    """Options of the user for the lockout check; `WriteOptions` has them."""

    @property
    def allow_lockout(self) -> bool:
        """Whether to warn instead of refusing a change."""

    @property
    def failsafe(self) -> str:
        """Failsafe ports of the agent that the check assumes."""


def check_lockout(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource], options: LockoutOptions
) -> LockoutCheckResult:
    """Check a change before it is written.

    Args:
        datastore: the datastore to write to.
        change: the change.
        resources: the resources of the manifests, for the positions of their rules.
        options: whether to refuse the change, and the failsafe ports of the agent.

    Raises:
        Refused: a host endpoint would lose access.
    """
    if not change.writes_of(PROFILE, POLICY, HOST_ENDPOINT):
        return LockoutCheckResult()
    # Another client may write a host endpoint concurrently: its lockout check would not include this change.
    guard = Guard(HOST_ENDPOINT.stored_kind.prefix, change.revision, prefix=True)
    if not (change.has_hosts or change.writes_of(HOST_ENDPOINT)):
        return LockoutCheckResult(guards=(guard,))

    affected, guards, unreadable = assess_host_impact(datastore, change)
    if not affected:
        return LockoutCheckResult(_unreadable_warnings(unreadable), (guard, *guards))
    result = _check_host_access(datastore, change, resources, options)
    return LockoutCheckResult(result.warnings, (guard, *guards, *result.guards))


def _check_host_access(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource], options: LockoutOptions
) -> LockoutCheckResult:
    from calicoctl.operations.lockout import messages

    targets, warnings = _etcd_targets(datastore)
    sources = _sources_for_change(datastore, change, resources)
    result = _find_lockouts(sources, targets, options.failsafe)
    warnings += _unreadable_warnings(sources.unreadable)
    warnings += messages.new_host_warnings(loss for loss in result.lost if not loss.is_lockout)
    losses = [loss for loss in result.lost if loss.is_lockout]
    if losses and not options.allow_lockout:
        with_default_ports = _find_lockouts(sources, targets, "agent").lost if options.failsafe == "none" else losses
        raise Refused(*messages.refusal_messages(losses, options.failsafe, with_default_ports))
    warnings += messages.lockout_warnings(losses)
    return LockoutCheckResult(
        tuple(warnings), tuple(_decision_guards(change, result.relevant_sources, sources.revisions))
    )


def _find_lockouts(sources: SourcesBeforeAfter, targets: Sequence[RequiredTarget], failsafe: str) -> LockoutResult:
    """Return the effect of a change."""
    from dataclasses import replace

    from calicoctl.analysis import build_policy_set
    from calicoctl.analysis.lockout.lost_access import find_lockouts
    from calicoctl.analysis.model.failsafe import failsafe_ports_from_text

    ports = failsafe_ports_from_text(failsafe)
    before, after = (replace(build_policy_set(each), failsafe_ports=ports) for each in (sources.before, sources.after))
    return find_lockouts(before, after, targets)


def _sources_for_change(
    datastore: Datastore, change: PlannedChange, resources: Sequence[LocatedResource]
) -> SourcesBeforeAfter:
    """Return all resources that may affect a lockout, before and after the change."""
    from calicoctl.operations.policy_sets.sources import sources_for_change

    changes = {
        write.key: None if write.value is None else Entry(write.key, write.value, 0, 0) for write in change.writes
    }
    locators = {item.identifier: item.locate_field for item in resources if item.locate_field}
    return sources_for_change(datastore, change.revision, changes, locators)


def _unreadable_warnings(unreadable: Iterable[str]) -> tuple[Problem, ...]:
    """Return warnings about unreadable objects. The check omits these, as Felix does."""
    return tuple(Problem(NO_POSITION, message=skipped_message(text)) for text in unreadable)


def _etcd_targets(datastore: Datastore) -> tuple[list[RequiredTarget], list[Problem]]:
    """Return the etcd endpoints that are not on the host itself, and a warning for each name that does not resolve."""
    from ipaddress import ip_address

    from calicoctl.analysis.lockout.lost_access import RequiredTarget
    from calicoctl.analysis.sets.addresses import parse_address
    from calicoctl.datastore.resolver import resolve_endpoints

    targets, warnings = [], []
    for site in resolve_endpoints(datastore.settings.endpoints, min(_RESOLVE_TIMEOUT_SECONDS, datastore.timeout)):
        remote_addresses = [text for text in site.addresses or () if not ip_address(text).is_loopback]
        if site.addresses is None:
            message = f"{site.url}: the name cannot be resolved: access of host endpoints to it is not checked"
            warnings.append(Problem(NO_POSITION, message=message))
        elif remote_addresses:
            targets.append(RequiredTarget(site.url, site.port, tuple(map(parse_address, remote_addresses))))
    return targets, warnings


def _decision_guards(
    change: PlannedChange, sources: Sequence[PolicySource], revisions: Mapping[str, int]
) -> Iterator[Guard]:
    """Yield guards against new policies and of the relevant resources. Written keys are guarded anyway."""
    yield Guard(POLICY.stored_kind.prefix, change.revision, prefix=True)
    unwritten_keys = revisions.keys() - {write.key for write in change.writes}  # built-in profiles have no key
    yield from (Guard(source.key, revisions[source.key]) for source in sources if source.key in unwritten_keys)


class HostImpact(NamedTuple):
    """Whether a change affects host endpoints."""

    affected: bool
    guards: tuple[Guard, ...] = ()
    """Guards of the resources that the result depends on."""
    unreadable: tuple[str, ...] = ()
    """Key of each unreadable object, with the reason."""


def assess_host_impact(datastore: Datastore, change: PlannedChange) -> HostImpact:
    """Determine whether a change affects an existing host endpoint, or writes one."""
    if change.writes_of(HOST_ENDPOINT):
        return HostImpact(True)
    host_range = Range(HOST_ENDPOINT.stored_kind.prefix, prefix=True)
    snapshot = datastore.read([host_range], revision=change.revision)
    hosts = StoreView.from_snapshot(snapshot).entries_of_kind(HOST_ENDPOINT)
    keys = _profile_keys(hosts)
    if any(write.key in keys for write in change.writes_of(PROFILE)):
        return HostImpact(True)
    profiles = StoreView.from_snapshot(datastore.read([Range(key) for key in keys], revision=change.revision))
    entries = ((key, profiles.entry(key)) for key in keys)
    guards = tuple(Guard(key, entry.mod_revision if entry else 0) for key, entry in entries)
    policies = _old_and_new(change.writes_of(POLICY), change.view)
    affected = any(_selects_host(policy, hosts, profiles) for policy in policies)
    unreadable = (each.unreadable for each in (*hosts, *profiles.entries_of_kind(PROFILE)) if not each.resource)
    return HostImpact(affected, guards, tuple(unreadable))


def _profile_keys(hosts: Sequence[StoredEntry]) -> list[str]:
    """Return the keys of the profiles of host endpoints."""
    names = (name for host in hosts if host.stored for name in host.stored.spec.get("profiles") or ())
    return [PROFILE.stored_kind.key(str(name)) for name in dict.fromkeys(names)]


def _old_and_new(writes: Sequence[Write], before: StoreView) -> Iterator[StoredEntry]:
    """Yield the old and the new version of each written policy."""
    for write in writes:
        if entry := before.entry(write.key):
            yield decode_entry(POLICY, entry)
        if write.value is not None:
            yield decode_entry(POLICY, Entry(write.key, write.value, 0, 0))


def _selects_host(policy: StoredEntry, hosts: Sequence[StoredEntry], profiles: StoreView) -> bool:
    """Whether a policy selects a host endpoint. An unreadable policy selects none, as in Felix."""
    if policy.resource is None:
        return False
    try:
        selector = parse_label_selector(policy.resource.spec["selector"])
    except SelectorError:
        return False
    return bool(select_by_labels(hosts, selector, profiles))
