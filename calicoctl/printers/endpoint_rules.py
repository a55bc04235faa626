"""Result of `trace --endpoint` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.trace.endpoint_rules import AppliedDirection, AppliedPolicy, EffectiveRule, MatchedTraffic
from calicoctl.name_list import count_noun, join_limited
from calicoctl.printable import join_lines
from calicoctl.printers import record
from calicoctl.printers.decisions import DEFAULT_TEXTS, location_suffix

_MAX_SHOWN_NAMES = 5
"""Maximum number of peers in a line of text; JSON has all."""


class EndpointQuery(NamedTuple):
    """Endpoint, and the resources used."""

    endpoint: str
    """Name of the endpoint."""
    basis: str
    """Files or datastore, with the number of resources."""
    notes: Sequence[str]
    """Warnings about these resources."""


def format_text(query: EndpointQuery, directions: Sequence[AppliedDirection]) -> str:
    """Return the policies and profiles of each direction with the traffic that reaches and matches their rules."""
    lines = [query.endpoint, f"({query.basis})"]
    for applied in directions:
        lines += ["", f"{applied.direction}:", *(f"  {line}" for line in _format_direction(applied))]
    return join_lines(lines)


def _format_direction(applied: AppliedDirection) -> Iterator[str]:
    for policy in applied.policies:
        yield f"{policy.name}{_stage_suffix(policy)}:{_policy_note(policy)}"
        for effective in policy.rules:
            yield from (f"  {line}" for line in _format_rule(effective, applied.direction))
    for default, traffic in applied.defaults:
        yield f"denied by {DEFAULT_TEXTS[default]}:"
        yield from (f"  {_format_traffic(each, applied.direction)}" for each in traffic)


def _stage_suffix(policy: AppliedPolicy) -> str:
    return "" if policy.kind in {"policies", "profile"} else f" ({policy.kind})"


def _policy_note(policy: AppliedPolicy) -> str:
    if policy.owner is None:
        return " does not exist: the agent denies all traffic"
    return f" {count_noun(policy.removed_count, 'rule')} without traffic omitted" if policy.removed_count else ""


def _format_rule(effective: EffectiveRule, direction: Direction) -> Iterator[str]:
    rule = effective.rule
    heading = f"{rule.direction}[{rule.index}] {rule.action}{location_suffix(rule)}"
    yield from (f"{heading}: {_format_traffic(each, direction)}" for each in effective.traffic)


def _format_traffic(traffic: MatchedTraffic, direction: Direction) -> str:
    preposition = "from" if direction == "ingress" else "to"
    peers = join_limited(traffic.peers, _MAX_SHOWN_NAMES)
    return f"{service_text.format_services(traffic.services, traffic.only_version)} {preposition} {peers}"


def format_json(query: EndpointQuery, directions: Sequence[AppliedDirection]) -> str:
    """Return the content of the text with all names."""
    value: dict[str, Any] = {
        "formatVersion": 1,
        "endpoint": query.endpoint,
        "basis": query.basis,
        "notes": list(query.notes),
    }
    value |= {applied.direction: _direction_to_dict(applied) for applied in directions}
    return record.format_json(value)


def _direction_to_dict(applied: AppliedDirection) -> dict[str, Any]:
    return {
        "policies": list(map(_policy_to_dict, applied.policies)),
        "defaults": [
            {"default": default.name, "traffic": list(map(_traffic_to_dict, traffic))}
            for default, traffic in applied.defaults
        ],
    }


def _policy_to_dict(policy: AppliedPolicy) -> dict[str, Any]:
    rules = [
        {
            "rule": str(each.rule),
            "action": each.rule.action,
            "place": each.rule.location,
            "traffic": list(map(_traffic_to_dict, each.traffic)),
        }
        for each in policy.rules
    ]
    return {
        "stage": policy.kind,
        "name": policy.name,
        "exists": policy.owner is not None,
        "rules": rules,
        "omittedRules": policy.removed_count,
    }


def _traffic_to_dict(traffic: MatchedTraffic) -> dict[str, Any]:
    return {
        "services": list(service_text.service_texts(traffic.services)),
        "ipVersion": traffic.only_version,
        "peers": list(traffic.peers),
    }
