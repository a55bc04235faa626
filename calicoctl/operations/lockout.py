"""A guard against locking oneself out: what would be written is judged by what it does to host endpoints.

Refused is what leaves a host endpoint that nobody can reach on tcp/22 any more, or that does not reach etcd any more.
What the answer rests on is guarded: when somebody changes it meanwhile, the command judges again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import NOWHERE, Problem, Refused
from calicoctl.kinds import Kind
from calicoctl.kinds.hostendpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.lookup import View

if TYPE_CHECKING:
    from calicoctl.analysis import Origin
    from calicoctl.analysis.lockout import Goal, Judged
    from calicoctl.datastore.client import Datastore
    from calicoctl.resource import Located

_PATIENCE = 2.0
"""Seconds to wait at most for the addresses of etcd."""


class Change(NamedTuple):
    """What is about to be written, and what that was planned on."""

    revision: int
    """At which everything was read."""
    view: View
    """With what is under the keys of the writes."""
    writes: Sequence[Write]
    hosts: bool
    """Whether there are host endpoints in the datastore."""

    def of(self, *kinds: Kind) -> list[Write]:
        """The writes of some kinds."""
        prefixes = tuple(kind.stored_as.prefix for kind in kinds)
        return [write for write in self.writes if write.key.startswith(prefixes)]


class Verdict(NamedTuple):
    """What there is to say about a change that may be written."""

    warnings: tuple[Problem, ...] = ()
    guards: tuple[Guard, ...] = ()
    """What must stay as it is until it is written."""


def judge(datastore: Datastore, change: Change, located: Sequence[Located], *, allow: bool) -> Verdict:
    """Judge a change before it is written.

    Args:
        datastore: where it is to be written.
        change: what is to be written.
        located: what was asked for; resources of manifests tell where their rules stand.
        allow: whether to warn only.

    Raises:
        Refused: it locks somebody out.
    """
    if not change.of(PROFILE, POLICY, HOST_ENDPOINT):
        return Verdict()
    # Somebody might write a host endpoint meanwhile, and be judged without this change.
    guard = Guard(HOST_ENDPOINT.stored_as.prefix, change.revision, prefix=True)
    if not (change.hosts or change.of(HOST_ENDPOINT)):
        return Verdict(guards=(guard,))
    from calicoctl.operations.hostconcern import concern

    concerned, guards = concern(datastore, change)
    if not concerned:
        return Verdict(guards=(guard, *guards))
    verdict = _verdict(datastore, change, located, allow=allow)
    return Verdict(verdict.warnings, (guard, *guards, *verdict.guards))


def _verdict(datastore: Datastore, change: Change, located: Sequence[Located], *, allow: bool) -> Verdict:
    from calicoctl.operations import denials

    goals, warnings = _goals(datastore)
    judged, revisions = _judged(datastore, change, located, goals)
    warnings += denials.cautions(loss for loss in judged.losses if not loss.refused)
    losses = [loss for loss in judged.losses if loss.refused]
    if losses and not allow:
        raise Refused(*denials.denials(losses))
    warnings += denials.warnings(losses)
    return Verdict(tuple(warnings), tuple(_guards(change, judged.basis, revisions)))


def _judged(
    datastore: Datastore, change: Change, located: Sequence[Located], goals: Sequence[Goal]
) -> tuple[Judged, Mapping[str, int]]:
    """What the change does, and the revisions of all that may have a say in that."""
    from calicoctl.analysis import lockout, policy_set
    from calicoctl.operations.origins import of_change

    changes = {
        write.key: None if write.value is None else Entry(write.key, write.value, 0, 0) for write in change.writes
    }
    places = {item.identifier: item.locate for item in located if item.locate}
    found = of_change(datastore, change.revision, changes, places)
    return lockout.judged(policy_set(found.before), policy_set(found.after), goals), found.revisions


def _goals(datastore: Datastore) -> tuple[list[Goal], list[Problem]]:
    """The endpoints of etcd that hosts need a network for, and a warning for those that nobody can find."""
    from ipaddress import ip_address

    from calicoctl.analysis.addresses import address
    from calicoctl.analysis.lockout import Goal
    from calicoctl.datastore.resolving import sites_of

    goals, warnings = [], []
    for site in sites_of(datastore.settings.endpoints, min(_PATIENCE, datastore.timeout)):
        abroad = [text for text in site.addresses or () if not ip_address(text).is_loopback]
        if site.addresses is None:
            text = f"{site.url}: the name can't be resolved: it is not checked that host endpoints still reach it"
            warnings.append(Problem(NOWHERE, message=text))
        elif abroad:
            goals.append(Goal(site.url, site.port, tuple(map(address, abroad))))
    return goals, warnings


def _guards(change: Change, basis: Sequence[Origin], revisions: Mapping[str, int]) -> Iterator[Guard]:
    """No new policy, and what the answer rests on as it was; what is written is guarded anyway."""
    yield Guard(POLICY.stored_as.prefix, change.revision, prefix=True)
    written = {write.key for write in change.writes}
    yield from (Guard(origin.key, revisions[origin.key]) for origin in basis if origin.key not in written)
