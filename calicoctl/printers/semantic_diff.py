"""Result of `diff --semantic` as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from calicoctl.analysis.semantic_diff.changes import PacketDecision, TrafficChange
from calicoctl.analysis.semantic_diff.compare import SemanticDiff
from calicoctl.printable import join_lines
from calicoctl.printers import record
from calicoctl.printers.decisions import (
    block_to_dict,
    direction_to_dict,
    format_block,
    format_direction,
    format_packet,
    packet_to_dict,
    verdict,
)
from calicoctl.printers.formats import TextOptions


class ComparedSides(NamedTuple):
    """Description of the two sides of a comparison."""

    before: str
    """Files or datastore, with the number of resources."""
    after: str
    """Files or datastore, with the number of resources."""
    notes: Sequence[str]
    """Warnings about both sides."""


_MAX_SHOWN_BLOCKS = 10
"""Maximum number of traffic blocks of a change in text; JSON has all."""


def format_text(sides: ComparedSides, semantic_diff: SemanticDiff, options: TextOptions) -> str:
    """Return the number of changes, and each change with an example packet and its decisions on both sides."""
    if options.summary:
        return _format_summary(semantic_diff, options.style)
    lines = [format_counts(semantic_diff), f"(before: {sides.before})", f"(after: {sides.after})"]
    for change in semantic_diff.changes:
        lines += ["", *_format_change(change, options.style)]
    return join_lines(lines)


def _format_summary(semantic_diff: SemanticDiff, style: Callable[[str], str]) -> str:
    """Return a line for each traffic block of each change, and the number of changes."""
    lines = [
        f"{style(change.kind)}{interface_suffix(change)}: {format_block(block)}"
        for change in semantic_diff.changes
        for block in change.blocks
    ]
    return join_lines([*lines, format_counts(semantic_diff)])


def format_counts(semantic_diff: SemanticDiff) -> str:
    """Return the number of changes: `1 gained, 2 lost`."""
    counts = ((len(semantic_diff.gained), "gained"), (len(semantic_diff.lost), "lost"))
    text = ", ".join(f"{count} {kind}" for count, kind in counts if count)
    if semantic_diff.is_partial:
        return f"{text or 'nothing gained or lost'}, but some changes are not evaluated"
    return text or "no change in allowed traffic"


def interface_suffix(change: TrafficChange) -> str:
    """Return the interfaces through which traffic changes: ` by interface eth0`; empty if it changes through all."""
    return f" by {', '.join(change.interfaces)}" if change.interfaces else ""


def _format_change(change: TrafficChange, style: Callable[[str], str]) -> Iterator[str]:
    yield f"{style(change.kind)}{interface_suffix(change)}:"
    yield from (f"  {format_block(block)}" for block in change.blocks[:_MAX_SHOWN_BLOCKS])
    if len(change.blocks) > _MAX_SHOWN_BLOCKS:
        yield f"  and {len(change.blocks) - _MAX_SHOWN_BLOCKS} more (--summary and -o json list all)"
    yield f"  example: {format_packet(change.packet, change.source, change.destination)}"
    for name, decision in (("before", change.before), ("after", change.after)):
        yield f"  {name}: {verdict(allowed=decision.allowed)}"
        yield f"    {format_direction(decision.egress)}"
        yield f"    {format_direction(decision.ingress)}"


def format_json(sides: ComparedSides, semantic_diff: SemanticDiff, options: TextOptions) -> str:
    """Return the content of the text with all names and traffic blocks; the summary has no examples."""
    to_dict = _blocks_to_dict if options.summary else _change_to_dict
    value = {
        "formatVersion": 1,
        "changed": not semantic_diff.unchanged,
        "before": sides.before,
        "after": sides.after,
        "notes": list(sides.notes),
        "gained": list(map(to_dict, semantic_diff.gained)),
        "lost": list(map(to_dict, semantic_diff.lost)),
    }
    return record.format_json(value)


def _blocks_to_dict(change: TrafficChange) -> dict[str, Any]:
    return {
        "half": change.direction,
        "interfaces": list(change.interfaces),
        "parts": list(map(block_to_dict, change.blocks)),
    }


def _change_to_dict(change: TrafficChange) -> dict[str, Any]:
    return {
        **_blocks_to_dict(change),
        "example": packet_to_dict(change.packet, change.source, change.destination),
        "before": _decision_to_dict(change.before),
        "after": _decision_to_dict(change.after),
    }


def _decision_to_dict(decision: PacketDecision) -> dict[str, Any]:
    return {
        "verdict": verdict(allowed=decision.allowed),
        "egress": direction_to_dict(decision.egress),
        "ingress": direction_to_dict(decision.ingress),
    }
