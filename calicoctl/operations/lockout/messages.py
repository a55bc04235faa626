"""Messages about a lockout: the host endpoints, the rule that denies, and an example packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lockout.lost_access import LostAccess
from calicoctl.analysis.model.policy_set import Policy, Rule
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.name_list import join_limited
from calicoctl.operations.policy_sets.sources import field_position

_MAX_NAMES = 5
"""Maximum number of names in a list."""


def lockout_warnings(losses: Sequence[LostAccess]) -> Iterator[Problem]:
    """Yield a warning for each group of host endpoints that lose access, for `--allow-lockout`."""
    yield from (_make_problem(group) for group in _group_losses(losses))


def refusal_messages(
    losses: Sequence[LostAccess], failsafe: str, with_default_ports: Sequence[LostAccess]
) -> Iterator[str | Problem]:
    """Yield the reasons of a refusal: one for each rule and lost target, followed by its indented details.

    Args:
        losses: the lost access; not empty.
        failsafe: failsafe ports that the check assumed, as of `--failsafe`.
        with_default_ports: the access that is lost even with the default failsafe ports of the agent.
    """
    for group in _group_losses(losses):
        problem = _make_problem(group)
        yield replace(problem, message=f"{problem.message} (--allow-lockout writes it anyway)")
        first, *others = group
        yield from (f"  {line}" for line in _detail_lines(first))
        if others:
            yield f"  also affected: {join_limited([loss.host.identifier for loss in others], _MAX_NAMES)}"
    yield f"  {_failsafe_note(losses, failsafe, with_default_ports)}"


def _failsafe_note(losses: Sequence[LostAccess], failsafe: str, with_default_ports: Sequence[LostAccess]) -> str:
    """Return the failsafe ports that the check assumed, and the effect of the default ones if it assumed none."""
    if failsafe != "none":
        ports = "default failsafe ports of Felix" if failsafe == "agent" else f"failsafe ports {failsafe}"
        return f"checked with the {ports}"
    still_lost = {(loss.host.identifier, loss.target) for loss in with_default_ports}
    kept = sum((loss.host.identifier, loss.target) not in still_lost for loss in losses)
    if kept == 0:
        return "checked without failsafe ports; with the default ones of Felix, it is lost as well"
    subject = "it" if kept == len(losses) else f"{kept} of {len(losses)}"
    return f"checked without failsafe ports; the default ones of Felix keep {subject} (--failsafe agent assumes them)"


def _group_losses(losses: Sequence[LostAccess]) -> Iterable[list[LostAccess]]:
    """Group losses with the same cause and the same lost target."""
    groups: dict[object, list[LostAccess]] = {}
    for loss in losses:
        groups.setdefault((loss.after and loss.after.decided_by, loss.target, loss.is_new_host), []).append(loss)
    return groups.values()


def new_host_warnings(losses: Iterable[LostAccess]) -> Iterator[Problem]:
    """Yield a warning for each new host endpoint without rules."""
    by_host: dict[object, list[LostAccess]] = {}
    for loss in losses:
        by_host.setdefault(loss.host.identifier, []).append(loss)
    for host_losses in by_host.values():
        host = host_losses[0].host
        traffic = " and ".join(
            f"its traffic to etcd at {loss.target.name}" if loss.target else "tcp/22 to it" for loss in host_losses
        )
        message = (
            f"no rule yet for {traffic}: only the failsafe ports of Felix allow it (write a policy that allows it)"
        )
        yield Problem(field_position(host.origin), str(host.identifier), "", message)


def _make_problem(group: Sequence[LostAccess]) -> Problem:
    """Return the problem of a group, at the rule or the resource that causes it."""
    loss = group[0]
    subject = join_limited([each.host.identifier for each in group], 1)
    access = f"reach etcd at {loss.target.name}" if loss.target else "be reached on tcp/22"
    message = f"could {'not' if loss.is_new_host else 'no longer'} {access}"
    if loss.after is None:
        reason = f"the only access was from {_end_name(loss.path.source)}, which could no longer be reached"
        return Problem(NO_POSITION, subject, "", f"{message}: {reason}")
    by = loss.after.decided_by
    if isinstance(by, Rule):
        path = f"spec.{by.direction}[{by.index}]"
        return Problem(field_position(by.origin, by.path), str(by.owner), path, f"{subject} {message}")
    for owner in _denying_policies(loss.after):
        if owner.origin.locate:
            return Problem(field_position(owner.origin), str(owner.identifier), "", f"{subject} {message}: {by.value}")
    return Problem(field_position(loss.host.origin), subject, "", f"{message}: {by.value}")


def _denying_policies(trace: DirectionTrace) -> Iterator[Policy]:
    """Yield the policies that deny because none of their rules match."""
    if trace.decided_by is DefaultDecision.POLICIES:
        owners = (tried.owner for tried in trace.tried if tried.kind == "policies")
        yield from (owner for owner in owners if isinstance(owner, Policy))


def _detail_lines(loss: LostAccess) -> Iterator[str]:
    path = loss.path
    ends = " to ".join(f"{_end_name(end)} ({end.address})" for end in (path.source, path.destination))
    yield f"example: {service_text.format_service(path.service)} from {ends}"
    if loss.before:
        yield f"before: {_describe_decision(loss.before)}"
    if loss.after:
        tried = [tried.name for tried in loss.after.tried if tried.reached]
        yield f"after: {_describe_decision(loss.after)}{f'; tried: {join_limited(tried, _MAX_NAMES)}' if tried else ''}"


def _describe_decision(trace: DirectionTrace) -> str:
    verb = "allowed" if trace.action == "allow" else "denied"
    by = trace.decided_by
    return f"{verb} by {by} ({by.location})" if isinstance(by, Rule) else f"{verb} by default: {by.value}"


def _end_name(end: PathEnd) -> str:
    return end.endpoint.name if end.endpoint else "outside"
