"""Semantic diffs as rows, one for each pair of peers: Markdown, CSV (RFC 4180) and annotations of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.semantic_diff.changes import PacketDecision, TrafficChange
from calicoctl.analysis.semantic_diff.compare import SemanticDiff
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.trace.traffic import TrafficBlock
from calicoctl.name_list import count_noun
from calicoctl.operations.policy_sets.sources import field_position
from calicoctl.printers.decisions import format_decider, verdict
from calicoctl.printers.findings.github import MAX_ANNOTATIONS, format_annotation, location_properties
from calicoctl.printers.formats import TextOptions
from calicoctl.printers.semantic_diff import ComparedSides, format_counts, interface_suffix
from calicoctl.printers.table_text import MAX_MARKDOWN_ROWS, csv_text, escape_markdown, markdown_line

_HEADINGS = ("change", "from", "to", "services", "ip version", "before", "after", "interfaces")


class _Row(NamedTuple):
    """Changed traffic between two peers."""

    change: TrafficChange
    source: str
    destination: str
    block: TrafficBlock

    def cells(self) -> tuple[str, ...]:
        """Return the texts of all columns."""
        return (
            self.change.kind,
            self.source,
            self.destination,
            service_text.format_services(self.block.services),
            str(self.block.only_version or ""),
            self._decision(self.change.before),
            self._decision(self.change.after),
            ", ".join(self.change.interfaces),
        )

    def _decision(self, decision: PacketDecision) -> str:
        trace = decision.egress if self.change.direction == "egress" else decision.ingress
        return f"{verdict(allowed=decision.allowed)}: {trace.direction} {format_decider(trace)}"


def _rows(semantic_diff: SemanticDiff) -> Iterator[_Row]:
    for change in semantic_diff.changes:
        for block in change.blocks:
            for source in block.sources:
                yield from (_Row(change, source, destination, block) for destination in block.destinations)


def _count_rows(semantic_diff: SemanticDiff) -> int:
    blocks = (block for change in semantic_diff.changes for block in change.blocks)
    return sum(len(block.sources) * len(block.destinations) for block in blocks)


def format_csv(_sides: ComparedSides, semantic_diff: SemanticDiff, _options: TextOptions) -> str:
    """Return a header and a line for each row."""
    return csv_text(chain([_HEADINGS], (row.cells() for row in _rows(semantic_diff))))


def format_markdown(sides: ComparedSides, semantic_diff: SemanticDiff, options: TextOptions) -> str:
    """Return the number of changes, both sides, and a table with the first rows; no table with `--summary`."""
    lines = [f"**{format_counts(semantic_diff)}**", "", f"- before: {escape_markdown(sides.before)}"]
    lines += [f"- after: {escape_markdown(sides.after)}", *(f"- {escape_markdown(note)}" for note in sides.notes)]
    if semantic_diff.changes and not options.summary:
        lines += [
            "",
            markdown_line(_HEADINGS, escape_markdown),
            markdown_line(["---"] * len(_HEADINGS), escape_markdown),
        ]
        lines += (
            markdown_line(row.cells(), escape_markdown) for row in islice(_rows(semantic_diff), MAX_MARKDOWN_ROWS)
        )
        if hidden := max(_count_rows(semantic_diff) - MAX_MARKDOWN_ROWS, 0):
            lines += ["", f"{count_noun(hidden, 'more row')} (-o csv has all)"]
    return "".join(f"{line}\n" for line in lines)


def format_github(_sides: ComparedSides, semantic_diff: SemanticDiff, _options: TextOptions) -> str:
    """Return an annotation for each of the first rows, and a notice with the number of changes.

    The annotation is at the rule that allows gained traffic, or that denies lost traffic, if a manifest contains it.
    """
    lines = [_annotation(row) for row in islice(_rows(semantic_diff), MAX_ANNOTATIONS)]
    hidden = max(_count_rows(semantic_diff) - MAX_ANNOTATIONS, 0)
    more = f", and {count_noun(hidden, 'more pair')} (-o csv has all)" if hidden else ""
    level = "warning" if semantic_diff.is_partial else "notice"
    text = "\n".join([format_counts(semantic_diff) + more, *(semantic_diff.notes if semantic_diff.is_partial else ())])
    lines.append(format_annotation(level, {"title": "allowed traffic"}, text))
    return "".join(f"{line}\n" for line in lines)


def _annotation(row: _Row) -> str:
    kind, source, destination, services, version, before, after, _ = row.cells()
    versions = f" (IPv{version} only)" if version else ""
    interfaces = interface_suffix(row.change)
    text = f"{source} -> {destination}: {services}{versions}{interfaces}\nbefore: {before}\nafter: {after}"
    return format_annotation("warning", {**_location(row.change), "title": f"{kind} traffic"}, text)


def _location(change: TrafficChange) -> dict[str, str]:
    """Return file and line of the rule that decides after the change; empty if no manifest contains it."""
    trace = change.after.egress if change.direction == "egress" else change.after.ingress
    if isinstance(trace.decided_by, DefaultDecision):
        return {}
    position = field_position(trace.decided_by.origin, trace.decided_by.path)
    return {} if position.source in ("", "-") else location_properties(position._replace(column=0))
