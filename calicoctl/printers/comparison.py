"""Traffic that is gained and lost, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis.comparison.changes import Change, Share, Verdict
from calicoctl.analysis.comparison.comparing import Comparison
from calicoctl.printers.packets import half_line, half_value, packet_line, packet_value, part_line, part_value


class Compared(NamedTuple):
    """What was compared."""

    before: str
    """What the one side was worked out from."""
    after: str
    notes: Sequence[str]


_SHOWN = 10
"""So many parts are shown of a change; JSON has them all."""


def text(compared: Compared, comparison: Comparison, painted: Callable[[str], str] = str) -> str:
    """How much is gained and lost, and for each change who, what, an example, and who decides on both sides."""
    lines = [_counted(comparison), f"(before: {compared.before})", f"(after: {compared.after})"]
    for change in comparison.changes:
        lines += ["", *_change(change, painted)]
    return "\n".join(lines) + "\n"


def summary(comparison: Comparison, painted: Callable[[str], str] = str) -> str:
    """A line for each part of each change, and how many changes there are."""
    lines = [f"{painted(change.sort)}: {_share(part)}" for change in comparison.changes for part in change.parts]
    return "\n".join([*lines, _counted(comparison), ""])


def _counted(comparison: Comparison) -> str:
    """How many changes there are."""
    counts = ((len(comparison.gained), "gained"), (len(comparison.lost), "lost"))
    return ", ".join(f"{count} {sort}" for count, sort in counts if count) or "no change of traffic"


def _change(change: Change, painted: Callable[[str], str]) -> Iterator[str]:
    yield f"{painted(change.sort)}:"
    yield from (f"  {_share(part)}" for part in change.parts[:_SHOWN])
    if len(change.parts) > _SHOWN:
        yield f"  and {len(change.parts) - _SHOWN} more such lines (--summary and -o json have them all)"
    yield f"  example: {packet_line(change.packet, change.source, change.destination)}"
    for name, verdict in (("before", change.before), ("after", change.after)):
        yield f"  {name}: {'allowed' if verdict.allowed else 'denied'}"
        yield from (f"    {half_line(half)}" for half in (verdict.egress, verdict.ingress))


def _share(share: Share) -> str:
    return part_line(share) + (f" (IPv{share.only} only)" if share.only else "")


def json(compared: Compared, comparison: Comparison) -> str:
    """Everything that the text says, and all names."""
    value = {
        "formatVersion": 1,
        "changed": not comparison.none,
        "before": compared.before,
        "after": compared.after,
        "notes": list(compared.notes),
        "gained": list(map(_value, comparison.gained)),
        "lost": list(map(_value, comparison.lost)),
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _value(change: Change) -> dict[str, Any]:
    return {
        "half": change.direction,
        "parts": [{**part_value(share), "ipVersion": share.only} for share in change.parts],
        "example": packet_value(change.packet, change.source, change.destination),
        "before": _verdict(change.before),
        "after": _verdict(change.after),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": "allowed" if verdict.allowed else "denied",
        "egress": half_value(verdict.egress),
        "ingress": half_value(verdict.ingress),
    }
