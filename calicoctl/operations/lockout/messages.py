"""A lockout in words: which host endpoints, by which rule, and an example packet on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lockout.lost_access import LostAccess
from calicoctl.analysis.model.policy_set import Policy, PolicySource, Rule
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.errors import NO_POSITION, Position, Problem

_MAX_NAMES = 5
"""So many host endpoints are named that share the fate of the first."""
_FAILSAFE_NOTE = "  judged without the agent's failsafe ports, which let in tcp/22 unless they are set otherwise"


def lockout_warnings(losses: Sequence[LostAccess]) -> Iterator[Problem]:
    """What is lost, where that is allowed."""
    yield from (_make_problem(first, len(others)) for first, *others in _group_losses(losses))


def refusal_messages(losses: Sequence[LostAccess]) -> Iterator[str | Problem]:
    """Why it is refused: a cause for each rule and goal, with lines that begin with two spaces below it."""
    for first, *others in _group_losses(losses):
        problem = _make_problem(first, len(others))
        yield replace(problem, message=f"{problem.message} (--allow-lockout writes it all the same)")
        yield from (f"  {line}" for line in _detail_lines(first))
        if others:
            more = f" and {len(others) - _MAX_NAMES} more" if len(others) > _MAX_NAMES else ""
            yield f"  so would {', '.join(str(loss.host.identifier) for loss in others[:_MAX_NAMES])}{more}"
    if losses:
        yield _FAILSAFE_NOTE


def _group_losses(losses: Sequence[LostAccess]) -> Iterable[list[LostAccess]]:
    """The losses by what denies, and what is lost."""
    groups: dict[object, list[LostAccess]] = {}
    for loss in losses:
        groups.setdefault((loss.after and loss.after.decided_by, loss.target, loss.is_new_host), []).append(loss)
    return groups.values()


def new_host_warnings(losses: Iterable[LostAccess]) -> Iterator[Problem]:
    """A warning for each new host endpoint that no rule is there for."""
    targets_by_loss: dict[LostAccess, list[str]] = {}
    first_losses: dict[object, LostAccess] = {}
    for loss in losses:
        targets_by_loss.setdefault(first_losses.setdefault(loss.host.identifier, loss), []).append(
            _describe_target(loss)
        )
    for loss, targets in targets_by_loss.items():
        host = loss.host
        traffic = " and ".join(targets)
        message = f"there is no rule yet for {traffic}: only the agent's failsafe ports let that pass"
        yield Problem(_position(host.origin), str(host.identifier), "", f"{message} (write a policy that allows it)")


def _describe_target(loss: LostAccess) -> str:
    return f"its traffic to etcd at {loss.target.name}" if loss.target else "tcp/22 to it"


def _make_problem(loss: LostAccess, others: int) -> Problem:
    """What is lost, at the place of what does it."""
    subject = f"{loss.host.identifier}{f' and {others} more' if others else ''}"
    access = f"reach etcd at {loss.target.name}" if loss.target else "be reached on tcp/22"
    return _locate_problem(loss, subject, f"could {'not' if loss.is_new_host else 'no longer'} {access}")


def _locate_problem(loss: LostAccess, subject: str, message: str) -> Problem:
    if loss.after is None:
        reason = f"only {_end_name(loss.path.source)} could get there, and could not be reached any more"
        return Problem(NO_POSITION, subject, "", f"{message}: {reason}")
    by = loss.after.decided_by
    if isinstance(by, Rule):
        path = f"spec.{by.direction}[{by.index}]"
        return Problem(_position(by.origin, *by.path), str(by.owner), path, f"{subject} {message}")
    for owner in _denying_policies(loss.after):
        if owner.origin.locate:
            return Problem(_position(owner.origin), str(owner.identifier), "", f"{subject} {message}: {by.value}")
    return Problem(_position(loss.host.origin), subject, "", f"{message}: {by.value}")


def _denying_policies(half: DirectionTrace) -> Iterator[Policy]:
    """The policies whose silence denies."""
    owners = (
        tried.owner for tried in half.tried if half.decided_by is DefaultDecision.POLICIES and tried.kind == "policies"
    )
    yield from (owner for owner in owners if isinstance(owner, Policy))


def _position(origin: PolicySource | None, *path: str | int) -> Position:
    return origin.locate(path) if origin and origin.locate else NO_POSITION


def _detail_lines(loss: LostAccess) -> Iterator[str]:
    traffic_path = loss.path
    ends = " to ".join(f"{_end_name(end)} ({end.address})" for end in (traffic_path.source, traffic_path.destination))
    yield f"example: {service_text.format_service(traffic_path.service)} from {ends}"
    if loss.before:
        yield f"so far: {_describe_decision(loss.before)}"
    if loss.after:
        tried = [tried.name for tried in loss.after.tried if tried.reached]
        yield f"then: {_describe_decision(loss.after)}{f'; tried: {_join_names(tried)}' if tried else ''}"


def _join_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _describe_decision(half: DirectionTrace) -> str:
    verb = "allowed" if half.action == "allow" else "denied"
    by = half.decided_by
    return f"{verb} by {by} ({by.location})" if isinstance(by, Rule) else f"{verb} by default: {by.value}"


def _end_name(end: PathEnd) -> str:
    return end.endpoint.name if end.endpoint else "outside"
