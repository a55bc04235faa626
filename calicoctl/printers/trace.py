"""Result of `trace` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.trace.traffic import Trace, TraceCase
from calicoctl.printable import join_lines
from calicoctl.printers import record
from calicoctl.printers.decisions import (
    case_to_dict,
    format_block,
    format_example,
    format_not_allowing,
    not_allowing_to_list,
)
from calicoctl.printers.paths import format_case_path


class TraceQuery(NamedTuple):
    """Traced traffic, and the resources used."""

    source: str
    """`--from` as written."""
    destination: str
    """`--to` as written."""
    services: ServiceSet
    basis: str
    """Files or datastore, with the number of resources."""
    notes: Sequence[str]
    """Warnings about these resources."""
    summary: bool = False
    """Whether to print one line for each part of a case."""


def format_text(query: TraceQuery, trace: Trace) -> str:
    """Return the verdict, and for each case an example packet with all rules tried; the summary has its path only."""
    if query.summary:
        parts = ((block, format_case_path(case)) for case in trace.cases for block in case.blocks)
        return join_lines(f"{format_block(block)}: {path}" for block, path in parts)
    services_text = service_text.format_services(query.services)
    lines = [f"{trace.verdict}: {services_text} from {query.source} to {query.destination}", f"({query.basis})"]
    for number, case in enumerate(trace.cases, 1):
        lines += ["", *_format_case(case, f"case {number}, " if len(trace.cases) > 1 else "")]
    return join_lines(lines)


def _format_case(case: TraceCase, heading: str) -> Iterator[str]:
    if heading:
        yield f"{heading}{case.verdict}:"
        yield from (f"  {format_block(block)}" for block in case.blocks)
    if not_allowing := format_not_allowing(case):
        yield f"  {not_allowing}"
    yield from (f"  {line}" for line in format_example(case))


def format_json(query: TraceQuery, trace: Trace) -> str:
    """Return the content of the text with all names."""
    value = {
        "formatVersion": 1,
        "verdict": trace.verdict,
        "from": query.source,
        "to": query.destination,
        "services": list(service_text.service_texts(query.services)),
        "basis": query.basis,
        "notes": list(query.notes),
        "cases": [_case_to_dict(case, summary=query.summary) for case in trace.cases],
    }
    return record.format_json(value)


def _case_to_dict(case: TraceCase, *, summary: bool) -> dict[str, Any]:
    """Return a case with its path; the summary has no example."""
    extra = {"path": format_case_path(case), "notAllowedBy": not_allowing_to_list(case)}
    value = {**extra, **case_to_dict(case)}
    return {name: value[name] for name in (*extra, "verdict", "parts")} if summary else value
