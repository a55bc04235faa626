"""Traffic that is gained and lost, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis.semantic_diff.changes import ChangedBlock, PacketDecision, TrafficChange
from calicoctl.analysis.semantic_diff.compare import SemanticDiff
from calicoctl.printers.formats import TextOptions
from calicoctl.printers.trace import (
    block_to_dict,
    direction_to_dict,
    format_block,
    format_direction,
    format_packet,
    packet_to_dict,
)


class ComparedSides(NamedTuple):
    """What was compared."""

    before: str
    """What the one side was worked out from."""
    after: str
    notes: Sequence[str]


_MAX_SHOWN_BLOCKS = 10
"""So many parts are shown of a change; JSON has them all."""


def format_text(sides: ComparedSides, semantic_diff: SemanticDiff, options: TextOptions) -> str:
    """How much is gained and lost, and for each change who, what, an example, and who decides on both sides."""
    if options.summary:
        return _format_summary(semantic_diff, options.style)
    lines = [_format_counts(semantic_diff), f"(before: {sides.before})", f"(after: {sides.after})"]
    for change in semantic_diff.changes:
        lines += ["", *_format_change(change, options.style)]
    return "\n".join(lines) + "\n"


def _format_summary(semantic_diff: SemanticDiff, style: Callable[[str], str]) -> str:
    """A line for each part of each change, and how many changes there are."""
    lines = [
        f"{style(change.kind)}: {_format_changed_block(block)}"
        for change in semantic_diff.changes
        for block in change.blocks
    ]
    return "\n".join([*lines, _format_counts(semantic_diff), ""])


def _format_counts(semantic_diff: SemanticDiff) -> str:
    """How many changes there are."""
    counts = ((len(semantic_diff.gained), "gained"), (len(semantic_diff.lost), "lost"))
    return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "no change of traffic"


def _format_change(change: TrafficChange, style: Callable[[str], str]) -> Iterator[str]:
    yield f"{style(change.kind)}:"
    yield from (f"  {_format_changed_block(block)}" for block in change.blocks[:_MAX_SHOWN_BLOCKS])
    if len(change.blocks) > _MAX_SHOWN_BLOCKS:
        yield f"  and {len(change.blocks) - _MAX_SHOWN_BLOCKS} more such lines (--summary and -o json have them all)"
    yield f"  example: {format_packet(change.packet, change.source, change.destination)}"
    for name, decision in (("before", change.before), ("after", change.after)):
        yield f"  {name}: {'allowed' if decision.allowed else 'denied'}"
        yield from (
            f"    {format_direction(direction_trace)}" for direction_trace in (decision.egress, decision.ingress)
        )


def _format_changed_block(block: ChangedBlock) -> str:
    return format_block(block) + (f" (IPv{block.only_version} only)" if block.only_version else "")


def format_json(sides: ComparedSides, semantic_diff: SemanticDiff, _options: TextOptions) -> str:
    """Everything that the text says, and all names."""
    value = {
        "formatVersion": 1,
        "changed": not semantic_diff.unchanged,
        "before": sides.before,
        "after": sides.after,
        "notes": list(sides.notes),
        "gained": list(map(_change_to_dict, semantic_diff.gained)),
        "lost": list(map(_change_to_dict, semantic_diff.lost)),
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _change_to_dict(change: TrafficChange) -> dict[str, Any]:
    return {
        "half": change.direction,
        "parts": [{**block_to_dict(block), "ipVersion": block.only_version} for block in change.blocks],
        "example": packet_to_dict(change.packet, change.source, change.destination),
        "before": _decision_to_dict(change.before),
        "after": _decision_to_dict(change.after),
    }


def _decision_to_dict(decision: PacketDecision) -> dict[str, Any]:
    return {
        "verdict": "allowed" if decision.allowed else "denied",
        "egress": direction_to_dict(decision.egress),
        "ingress": direction_to_dict(decision.ingress),
    }
