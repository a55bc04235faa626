"""Decisions in one line: the verdict and the deciding rules, `allowed by policy/a egress[0], profile/b ingress[1]`."""

from __future__ import annotations

from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.trace.decisions import DecisionBlock
from calicoctl.printers.decisions import DEFAULT_TEXTS, location_suffix, verdict

_IMPLIED = frozenset((DefaultDecision.OUTSIDE,))
"""Defaults that a line omits if a rule or another default decides on the other direction."""


def format_path(block: DecisionBlock) -> str:
    """Return the verdict on packets, and what decides: of both directions if they are allowed, else the denying one.

    Packets whose decision depends on the interface have the decision of each interface.
    """
    if not block.allowed:
        direction: Direction = "egress" if block.ingress is None else "ingress"
        return f"denied by {_decider(block.ingress or block.egress, direction)}"
    matches = (block.egress, block.ingress)
    pairs = [(match, direction) for match, direction in zip(matches, PACKET_DIRECTIONS, strict=True) if match]
    deciding = [pair for pair in pairs if pair[0].matched_by not in _IMPLIED] or pairs
    word = "depends on the interface, " if block.depends_on_interface else "allowed by "
    return word + ", ".join(_decider(match, direction) for match, direction in deciding)


def _decider(match: Match, direction: Direction) -> str:
    """Return the deciding rule of a direction with its location, or the default; of each interface if they differ."""
    if not match.alternatives:
        return _one_decider(match, direction)
    return "; ".join(
        f"{interface}: {verdict(allowed=other.action == 'allow')} by {_one_decider(other, direction)}"
        for interface, other in match.alternatives
    )


def _one_decider(match: Match, direction: Direction) -> str:
    if isinstance(match.matched_by, Rule):
        return str(match.matched_by) + location_suffix(match.matched_by)
    return f"{direction} {DEFAULT_TEXTS[match.matched_by]}"
