"""A lockout in words: which host endpoints, by which rule, and an example packet on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from calicoctl.analysis import wording
from calicoctl.analysis.access import Terminal
from calicoctl.analysis.explain import Half
from calicoctl.analysis.lockout import Loss
from calicoctl.analysis.model import Origin, Policy, Rule
from calicoctl.analysis.stages import End
from calicoctl.errors import NOWHERE, Position, Problem

_SHOWN = 5
"""So many host endpoints are named that share the fate of the first."""
_FAILSAFE = "  judged without the agent's failsafe ports, which let in tcp/22 unless they are set otherwise"


def warnings(losses: Sequence[Loss]) -> Iterator[Problem]:
    """What is lost, where that is allowed."""
    yield from (_cause(first, len(others)) for first, *others in _alike(losses))


def denials(losses: Sequence[Loss]) -> Iterator[str | Problem]:
    """Why it is refused: a cause for each rule and goal, with lines that begin with two spaces below it."""
    for first, *others in _alike(losses):
        cause = _cause(first, len(others))
        yield replace(cause, message=f"{cause.message} (--allow-lockout writes it all the same)")
        yield from (f"  {line}" for line in _details(first))
        if others:
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            yield f"  so would {', '.join(str(loss.host.identifier) for loss in others[:_SHOWN])}{more}"
    if losses:
        yield _FAILSAFE


def _alike(losses: Sequence[Loss]) -> Iterable[list[Loss]]:
    """The losses by what denies, and what is lost."""
    alike: dict[object, list[Loss]] = {}
    for loss in losses:
        alike.setdefault((loss.after and loss.after.by, loss.goal, loss.new), []).append(loss)
    return alike.values()


def cautions(losses: Iterable[Loss]) -> Iterator[Problem]:
    """A warning for each new host endpoint that no rule is there for."""
    goals: dict[Loss, list[str]] = {}
    firsts: dict[object, Loss] = {}
    for loss in losses:
        goals.setdefault(firsts.setdefault(loss.host.identifier, loss), []).append(_goal(loss))
    for loss, lost in goals.items():
        host = loss.host
        what = " and ".join(lost)
        message = f"there is no rule yet for {what}: only the agent's failsafe ports let that pass"
        yield Problem(_position(host.origin), str(host.identifier), "", f"{message} (write a policy that allows it)")


def _goal(loss: Loss) -> str:
    return f"its traffic to etcd at {loss.goal.name}" if loss.goal else "tcp/22 to it"


def _cause(loss: Loss, others: int) -> Problem:
    """What is lost, at the place of what does it."""
    who = f"{loss.host.identifier}{f' and {others} more' if others else ''}"
    goal = f"reach etcd at {loss.goal.name}" if loss.goal else "be reached on tcp/22"
    return _placed(loss, who, f"could {'not' if loss.new else 'no longer'} {goal}")


def _placed(loss: Loss, who: str, what: str) -> Problem:
    if loss.after is None:
        way = f"only {_name(loss.way.source)} could get there, and could not be reached any more"
        return Problem(NOWHERE, who, "", f"{what}: {way}")
    by = loss.after.by
    if isinstance(by, Rule):
        path = f"spec.{by.direction}[{by.index}]"
        return Problem(_position(by.origin, *by.path), str(by.owner), path, f"{who} {what}")
    for owner in _deciding(loss.after):
        if owner.origin.locate:
            return Problem(_position(owner.origin), str(owner.identifier), "", f"{who} {what}: {by.value}")
    return Problem(_position(loss.host.origin), who, "", f"{what}: {by.value}")


def _deciding(half: Half) -> Iterator[Policy]:
    """The policies whose silence denies."""
    owners = (tried.owner for tried in half.tried if half.by is End.POLICIES and tried.kind == "policies")
    yield from (owner for owner in owners if isinstance(owner, Policy))


def _position(origin: Origin | None, *path: str | int) -> Position:
    return origin.locate(path) if origin and origin.locate else NOWHERE


def _details(loss: Loss) -> Iterator[str]:
    way = loss.way
    ends = " to ".join(f"{_name(end)} ({end.address})" for end in (way.source, way.destination))
    yield f"example: {wording.service(way.service)} from {ends}"
    if loss.before:
        yield f"so far: {_decision(loss.before)}"
    if loss.after:
        tried = [tried.name for tried in loss.after.tried if tried.reached]
        yield f"then: {_decision(loss.after)}{f'; tried: {_listed(tried)}' if tried else ''}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _decision(half: Half) -> str:
    verb = "allowed" if half.action == "allow" else "denied"
    by = half.by
    return f"{verb} by {by} ({by.place})" if isinstance(by, Rule) else f"{verb} by default: {by.value}"


def _name(end: Terminal) -> str:
    return end.endpoint.name if end.endpoint else "outside"
