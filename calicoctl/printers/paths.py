"""Decisions in one line: the verdict and the deciding rules, `allowed by policy/a egress[0], profile/b ingress[1]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.trace.decisions import DecisionBlock
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.traffic import TraceCase
from calicoctl.printers.decisions import DEFAULT_TEXTS, location_suffix, verdict


class _Decider(NamedTuple):
    """Deciding rule or default of a direction."""

    decided_by: Rule | DefaultDecision
    allowed: bool
    interface: str = ""
    """Interface of the node that the packets use, if the decision depends on it."""


class _DirectionDeciders(NamedTuple):
    direction: Direction
    deciders: Sequence[_Decider]
    """One, or one for each interface if the decision depends on it."""

    @property
    def is_denied(self) -> bool:
        """Whether no interface allows the packets."""
        return not any(each.allowed for each in self.deciders)

    @property
    def is_implied(self) -> bool:
        """Whether no policy applies to the end."""
        return all(each.decided_by is DefaultDecision.OUTSIDE for each in self.deciders)


def format_path(block: DecisionBlock) -> str:
    """Return the verdict on packets, and what decides: of both directions if they are allowed, else the denying one.

    Packets whose decision depends on the interface have the decision of each interface.
    """
    matches = zip((block.egress, block.ingress), PACKET_DIRECTIONS, strict=True)
    return _format([_match_deciders(match, direction) for match, direction in matches if match])


def format_case_path(case: TraceCase) -> str:
    """Return the same as `format_path` for a case."""
    return _format([_trace_deciders(case.egress), _trace_deciders(case.ingress)])


def _match_deciders(match: Match, direction: Direction) -> _DirectionDeciders:
    others = [_Decider(other.matched_by, other.action == "allow", name) for name, other in match.alternatives]
    return _DirectionDeciders(direction, others or [_Decider(match.matched_by, match.action == "allow")])


def _trace_deciders(trace: DirectionTrace) -> _DirectionDeciders:
    if not trace.alternatives:
        return _DirectionDeciders(trace.direction, [_Decider(trace.decided_by, trace.action == "allow")])
    interfaces = (trace, *trace.alternatives)
    return _DirectionDeciders(
        trace.direction, [_Decider(each.decided_by, each.action == "allow", each.interface) for each in interfaces]
    )


def _format(directions: Sequence[_DirectionDeciders]) -> str:
    denying = next((each for each in directions if each.is_denied), None)
    if denying:
        return f"denied by {_decider_texts(denying)}"
    deciding = [each for each in directions if not each.is_implied] or directions
    depends = any(not decider.allowed for each in directions for decider in each.deciders)
    word = "depends on the interface, " if depends else "allowed by "
    return word + ", ".join(map(_decider_texts, deciding))


def _decider_texts(deciding: _DirectionDeciders) -> str:
    """Return the deciding rule of a direction with its location, or the default; of each interface if they differ."""
    if len(deciding.deciders) == 1:
        return _decider_text(deciding.deciders[0], deciding.direction)
    return "; ".join(
        f"{each.interface}: {verdict(allowed=each.allowed)} by {_decider_text(each, deciding.direction)}"
        for each in deciding.deciders
    )


def _decider_text(decider: _Decider, direction: Direction) -> str:
    if isinstance(decider.decided_by, Rule):
        return str(decider.decided_by) + location_suffix(decider.decided_by)
    return f"{direction} {DEFAULT_TEXTS[decider.decided_by]}"
