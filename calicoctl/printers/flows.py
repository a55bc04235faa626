"""Decided flows as text, JSON, CSV and Markdown. Each formatter yields its text in pieces, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.flows.evaluation import DecidedFlow
from calicoctl.analysis.flows.flow import Flow
from calicoctl.analysis.flows.group_decision import GroupDecision, block_verdict
from calicoctl.analysis.sets import service_text
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, protocol_name
from calicoctl.name_list import count_noun
from calicoctl.printable import escape_json, join_lines
from calicoctl.printers.decisions import decider_to_dict, verdict
from calicoctl.printers.paths import format_path
from calicoctl.printers.table_text import MAX_MARKDOWN_ROWS, csv_text, escape_markdown, markdown_line

FLOW_HEADINGS = ("line", "from", "to", "protocol", "port", "source port", "icmp type", "icmp code", "action")
"""Columns of a flow."""
_HEADINGS = (*FLOW_HEADINGS, "verdict", "decided by")
_CACHED_DECISIONS = 1 << 14


class FlowsHeader(NamedTuple):
    """Evaluated file, and the resources used."""

    flows: str
    """Path of the file."""
    basis: str
    """Files or datastore, with the number of resources."""
    notes: Sequence[str]
    """Warnings about these resources."""


class DecidedFlows(Protocol):
    """Decided flows, and their number by verdict after the iteration."""

    counts: Mapping[str, int]

    def __iter__(self) -> Iterator[DecidedFlow]: ...


def format_text(header: FlowsHeader, flows: DecidedFlows) -> Iterator[str]:
    """Yield a line for each flow, and the number of flows by verdict."""
    yield join_lines([f"({header.basis})"])
    for flow, decision in flows:
        yield join_lines([f"{format_flow(flow)}: {decision_text(decision)}{_recorded_note(flow, decision)}"])
    yield join_lines([format_counts(flows.counts)])


def _recorded_note(flow: Flow, decision: GroupDecision) -> str:
    """Return the action that the agent recorded if the decision is another one."""
    recorded = {"allow": "allowed", "deny": "denied"}.get(flow.recorded_action, decision.verdict)
    return "" if recorded == decision.verdict else f" (the agent recorded {flow.recorded_action})"


def format_counts(counts: Mapping[str, int]) -> str:
    """Return the number of flows by category: `3 flows: 2 allowed, 1 denied`."""
    parts = ", ".join(f"{number} {category}" for category, number in sorted(counts.items()))
    return f"{count_noun(sum(counts.values()), 'flow')}: {parts}"


def format_flow(flow: Flow) -> str:
    """Return a flow in a line: `web1 -> 10.0.0.1 tcp 3306`."""
    return f"{flow.source.text} -> {flow.destination.text} {_service_text(flow)}"


def _service_text(flow: Flow) -> str:
    name = protocol_name(flow.protocol)
    if flow.protocol in PORT_PROTOCOLS:
        return f"{name} {flow.second}" + ("" if flow.first is None else f" from port {flow.first}")
    if flow.first is None:
        return name
    return f"{name} {flow.first}" + ("" if flow.second is None else f"/{flow.second}")


@lru_cache(maxsize=_CACHED_DECISIONS)
def decision_text(decision: GroupDecision) -> str:
    """Return the verdict and the deciding rules; of a mixed one for each part of the packets."""
    if not decision.blocks:
        return decision.verdict
    if decision.verdict != "mixed":
        return "; ".join(map(format_path, decision.blocks))
    parts = (f"{service_text.format_services(each.block.services)} {format_path(each)}" for each in decision.blocks)
    return f"mixed: {'; '.join(parts)}"


def format_json(header: FlowsHeader, flows: DecidedFlows) -> Iterator[str]:
    """Yield an object with a list that has a line for each flow."""
    head = {"formatVersion": 1, "file": header.flows, "basis": header.basis, "notes": list(header.notes)}
    yield f'{json_line(head)[:-1]}, "flows": [\n'
    separator = ""
    for flow, decision in flows:
        yield f"{separator}{json_line(flow_to_dict(flow))[:-1]}, {_decision_json(decision)[1:]}"
        separator = ",\n"
    yield f'\n], "counts": {json_line(dict(sorted(flows.counts.items())))}}}\n'


def json_line(value: object) -> str:
    """Return a value as JSON in one line, with control characters escaped."""
    return escape_json(json.dumps(value, ensure_ascii=False))


def flow_to_dict(flow: Flow) -> dict[str, Any]:
    """Return a flow for JSON; values that are not recorded are None."""
    value: dict[str, Any] = {"line": flow.line, "from": flow.source.text, "to": flow.destination.text}
    value["protocol"] = protocol_name(flow.protocol)
    if flow.protocol in PORT_PROTOCOLS:
        value |= {"port": flow.second, "sourcePort": flow.first}
    else:
        value |= {"icmpType": flow.first, "icmpCode": flow.second}
    return value | {"action": flow.recorded_action or None}


@lru_cache(maxsize=_CACHED_DECISIONS)
def _decision_json(decision: GroupDecision) -> str:
    return json_line(decision_to_dict(decision))


def decision_to_dict(decision: GroupDecision) -> dict[str, Any]:
    """Return a decision with all deciding rules for JSON."""
    is_mixed = decision.verdict == "mixed"
    decisions = [
        {
            "verdict": block_verdict(each),
            **({"services": list(service_text.service_texts(each.block.services))} if is_mixed else {}),
            "egress": _match_to_dict(each.egress),
            "ingress": each.ingress and _match_to_dict(each.ingress),
        }
        for each in decision.blocks
    ]
    return {"verdict": decision.verdict, "decisions": decisions}


def _match_to_dict(match: Match) -> dict[str, Any]:
    value: dict[str, Any] = {
        "verdict": verdict(allowed=match.action == "allow"),
        "decidedBy": decider_to_dict(match.matched_by),
    }
    if match.alternatives:
        value["alternatives"] = [{"interface": name, **_match_to_dict(other)} for name, other in match.alternatives]
    return value


def format_csv(_header: FlowsHeader, flows: DecidedFlows) -> Iterator[str]:
    """Yield a header and a line for each flow, with its columns as in the input."""
    yield csv_text([_HEADINGS])
    for flow in flows:
        yield csv_text([_cells(flow)])


def flow_cells(flow: Flow) -> tuple[str, ...]:
    """Return the texts of the columns of a flow."""
    numbers = (flow.first, flow.second)
    ports = numbers[::-1] if flow.protocol in PORT_PROTOCOLS else (None, None)
    icmp = (None, None) if flow.protocol in PORT_PROTOCOLS else numbers
    ends = (str(flow.line), flow.source.text, flow.destination.text, protocol_name(flow.protocol))
    return (*ends, *("" if number is None else str(number) for number in (*ports, *icmp)), flow.recorded_action)


def _cells(decided: DecidedFlow) -> tuple[str, ...]:
    flow, decision = decided
    return (*flow_cells(flow), decision.verdict, decision_text(decision))


def format_markdown(header: FlowsHeader, flows: DecidedFlows) -> Iterator[str]:
    """Yield a table with the first flows that are not allowed, and the number of flows by verdict."""
    yield f"- {escape_markdown(header.basis)}\n\n"
    yield "".join(f"{markdown_line(row, escape_markdown)}\n" for row in (_HEADINGS, ["---"] * len(_HEADINGS)))
    rows = 0
    for decided in flows:
        if decided.decision.verdict != "allowed":
            rows += 1
            if rows <= MAX_MARKDOWN_ROWS:
                yield f"{markdown_line(_cells(decided), escape_markdown)}\n"
    hidden = rows - MAX_MARKDOWN_ROWS
    yield f"\n{count_noun(hidden, 'more row')} (-o csv has all)\n" if hidden > 0 else ""
    yield f"\n**{escape_markdown(format_counts(flows.counts))}**\n"
