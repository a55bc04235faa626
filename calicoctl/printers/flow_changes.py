"""Changed flows as text, JSON, CSV, Markdown and annotations of GitHub Actions, in pieces as decided flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from calicoctl.analysis.flows.comparison import ComparedFlow
from calicoctl.errors import Position
from calicoctl.name_list import count_noun
from calicoctl.printable import join_lines
from calicoctl.printers.findings.github import MAX_ANNOTATIONS, format_annotation, location_properties
from calicoctl.printers.flows import (
    FLOW_HEADINGS,
    decision_text,
    decision_to_dict,
    flow_cells,
    flow_to_dict,
    format_counts,
    format_flow,
    json_line,
)
from calicoctl.printers.semantic_diff import ComparedSides
from calicoctl.printers.table_text import MAX_MARKDOWN_ROWS, csv_text, escape_markdown, markdown_line

_HEADINGS = ("change", *FLOW_HEADINGS, "before", "after")


class FlowChangesHeader(NamedTuple):
    """Compared file and policy sets."""

    flows: str
    """Path of the file."""
    sides: ComparedSides
    summary: bool
    """Whether text has one line for each flow."""


class ComparedFlows(Protocol):
    """Compared flows, and their number by change after the iteration."""

    counts: Mapping[str, int]

    def __iter__(self) -> Iterator[ComparedFlow]: ...


def _changed(flows: ComparedFlows) -> Iterator[ComparedFlow]:
    return (each for each in flows if each.change != "unchanged")


def format_text(header: FlowChangesHeader, flows: ComparedFlows) -> Iterator[str]:
    """Yield the changed flows with the decisions before and after, and the number of flows by change."""
    if not header.summary:
        yield join_lines([f"(before: {header.sides.before})", f"(after: {header.sides.after})"])
    for each in _changed(flows):
        lines = [f"{each.change}: {format_flow(each.flow)}"]
        if not header.summary:
            lines += [f"  before: {decision_text(each.before)}", f"  after: {decision_text(each.after)}"]
        yield join_lines(lines)
    yield join_lines([format_counts(flows.counts)])


def format_json(header: FlowChangesHeader, flows: ComparedFlows) -> Iterator[str]:
    """Yield an object with a list that has a line for each changed flow."""
    sides = header.sides
    head = {"formatVersion": 1, "file": header.flows, "before": sides.before, "after": sides.after}
    yield f'{json_line({**head, "notes": list(sides.notes)})[:-1]}, "changes": [\n'
    separator = ""
    for each in _changed(flows):
        decisions = (
            {} if header.summary else {"before": decision_to_dict(each.before), "after": decision_to_dict(each.after)}
        )
        yield separator + json_line({"change": each.change, **flow_to_dict(each.flow), **decisions})
        separator = ",\n"
    yield f'\n], "counts": {json_line(dict(sorted(flows.counts.items())))}}}\n'


def format_csv(_header: FlowChangesHeader, flows: ComparedFlows) -> Iterator[str]:
    """Yield a header and a line for each changed flow."""
    yield csv_text([_HEADINGS])
    for each in _changed(flows):
        yield csv_text([_cells(each)])


def _cells(compared: ComparedFlow) -> tuple[str, ...]:
    return (
        compared.change,
        *flow_cells(compared.flow),
        decision_text(compared.before),
        decision_text(compared.after),
    )


def format_markdown(header: FlowChangesHeader, flows: ComparedFlows) -> Iterator[str]:
    """Yield a table with the first changed flows, and the number of flows by change."""
    yield "".join(
        f"- {name}: {escape_markdown(basis)}\n"
        for name, basis in (("before", header.sides.before), ("after", header.sides.after))
    )
    yield "\n"
    yield "".join(f"{markdown_line(row, escape_markdown)}\n" for row in (_HEADINGS, ["---"] * len(_HEADINGS)))
    rows = 0
    for each in _changed(flows):
        rows += 1
        if rows <= MAX_MARKDOWN_ROWS:
            yield f"{markdown_line(_cells(each), escape_markdown)}\n"
    if rows > MAX_MARKDOWN_ROWS:
        yield f"\n{count_noun(rows - MAX_MARKDOWN_ROWS, 'more row')} (-o csv has all)\n"
    yield f"\n**{escape_markdown(format_counts(flows.counts))}**\n"


def format_github(header: FlowChangesHeader, flows: ComparedFlows) -> Iterator[str]:
    """Yield an annotation for each of the first changed flows, at its line, and a notice with the number of flows."""
    for row, each in enumerate(_changed(flows)):
        if row < MAX_ANNOTATIONS:
            properties = location_properties(Position(header.flows, each.flow.line)) if header.flows != "-" else {}
            text = f"{format_flow(each.flow)}\nbefore: {decision_text(each.before)}\nafter: {decision_text(each.after)}"
            yield format_annotation("warning", {**properties, "title": f"{each.change} flow"}, text) + "\n"
    yield format_annotation("notice", {"title": "flows"}, format_counts(flows.counts)) + "\n"
