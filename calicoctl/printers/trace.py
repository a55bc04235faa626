"""Result of `trace` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.trace.traffic import Trace, TraceCase
from calicoctl.printable import join_lines
from calicoctl.printers import record
from calicoctl.printers.decisions import case_to_dict, format_block, format_example


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


def format_text(query: TraceQuery, trace: Trace) -> str:
    """Return the verdict, and for each case an example packet with all rules tried."""
    services_text = service_text.format_services(query.services)
    lines = [f"{trace.verdict}: {services_text} from {query.source} to {query.destination}", f"({query.basis})"]
    for number, case in enumerate(trace.cases, 1):
        lines += ["", *_format_case(case, f"case {number}, " if len(trace.cases) > 1 else "")]
    return join_lines(lines)


def _format_case(case: TraceCase, heading: str) -> Iterator[str]:
    if heading:
        yield f"{heading}{case.verdict}:"
        yield from (f"  {format_block(block)}" for block in case.blocks)
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
        "cases": [case_to_dict(case) for case in trace.cases],
    }
    return record.format_json(value)
