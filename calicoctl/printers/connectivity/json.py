"""Connectivity as JSON, with all names and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calicoctl.analysis.connectivity.explanation import ExplainedPair, case_services
from calicoctl.analysis.connectivity.group_names import GroupMember
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.peers.peer import OUTSIDE
from calicoctl.analysis.sets import service_text
from calicoctl.printers.connectivity.result import ConnectivityResult
from calicoctl.printers.decisions import block_to_dict, direction_to_dict, not_allowing_to_list
from calicoctl.printers.paths import format_case_path
from calicoctl.printers.record import format_json

if TYPE_CHECKING:
    from calicoctl.analysis.exposure.new_endpoints import NewEndpoints

FIELDS = {
    "formatVersion": "1; increased when a field is removed or changes its meaning",
    "groupBy": "value of `--group-by`",
    "focus": "value of `--focus`, or `null`",
    "services": "services included in the result, as in `rows`; `all` without an option",
    "basis": "files or datastore, with the number of resources",
    "notes": "warnings about these resources",
    "groups": "all groups; each address, of an endpoint or not, is in one group",
    "groups[].name": "unique name",
    "groups[].heading": "common property of the endpoints, such as the profile; `null` with `--group-by class`",
    "groups[].whole": "whether it is the only group with this property; otherwise the groups differ in allowed traffic",
    "groups[].focused": "whether the group belongs to the value of `--focus`",
    "groups[].ipVersions": "IP versions of the addresses",
    "groups[].members[].name": "an endpoint, or `outside` for addresses of non-endpoints",
    "groups[].members[].addresses": "known addresses in the group; `null` if `within` and `without` describe them",
    "groups[].members[].within": "networks. An address is in the group if the smallest network that contains it, of "
    "these and of `without`, is one of these. `null` if `addresses` are known",
    "groups[].members[].without": "networks, see `within`",
    "groups[].members[].withoutPolicy": "directions to which no policy applies: `ingress`, `egress`",
    "groups[].newEndpoints": "with `--exposure`: endpoints that do not exist yet; `null` for other groups",
    "groups[].newEndpoints.selector": "selector that matches their labels, including labels from profiles",
    "groups[].newEndpoints.profiles": "profiles as `profile/NAME`; `null` if the profile does not matter",
    "groups[].newEndpoints.withoutProfile": "whether endpoints without a profile are included",
    "groups[].newEndpoints.within": "networks of the addresses, as in `members`; `null` if addresses do not matter",
    "groups[].newEndpoints.without": "networks, see `within`",
    "rows": "all allowed traffic. No packet is in two rows. Traffic in no row is denied",
    "rows[].from": "names of groups",
    "rows[].to": "names of groups",
    "rows[].services": "services allowed from each source to each destination: `tcp 80,8000:8080`, "
    "`udp 53 from port 1024:65535`, `icmp 8/0`, `47`, `all`, `all but tcp 22`",
    "rows[].ipVersions": "IP versions that the row applies to",
    "explanation": "with `--explain`: the decisions on all traffic of each pair of groups, else `null`",
    "explanation[].from": "name of a group",
    "explanation[].to": "name of a group",
    "explanation[].cases": "decisions; each packet is in one case",
    "explanation[].cases[].verdict": "`allowed`, `denied` or `depends on the interface`",
    "explanation[].cases[].services": "as in `rows`",
    "explanation[].cases[].ipVersion": "IP version if both groups also have addresses of the other; else `null`",
    "explanation[].cases[].parts": "the endpoints of the packets, as `cases[].parts` of `trace`",
    "explanation[].cases[].path": "the verdict and the deciding rules in a line",
    "explanation[].cases[].notAllowedBy": "policies and profiles that select an end and do not allow the packets",
    "explanation[].cases[].egress": "decision of the source on an example packet, as in `trace`",
    "explanation[].cases[].ingress": "decision of the destination",
}
"""Descriptions of the fields."""


def format_result(result: ConnectivityResult) -> str:
    """Return one JSON object; `FIELDS` describes it."""
    connectivity = result.connectivity
    value = {
        "formatVersion": 1,
        "groupBy": result.group_by,
        "focus": result.focus or None,
        "services": list(service_text.service_texts(result.services)),
        "basis": result.basis,
        "notes": list(result.notes),
        "groups": [_group_to_dict(group, result) for group in connectivity.groups],
        "rows": [
            {
                "from": [group.name for group in row.sources],
                "to": [group.name for group in row.destinations],
                "services": list(service_text.service_texts(row.services)),
                "ipVersions": list(row.versions),
            }
            for row in connectivity.rows
        ],
        "explanation": None if result.explanation is None else list(map(_pair_to_dict, result.explanation)),
    }
    return format_json(value)


def _group_to_dict(group: EndpointGroup, result: ConnectivityResult) -> dict[str, Any]:
    described = result.described_by(group)
    description = {} if result.new_endpoints is None else {"newEndpoints": described and _new_to_dict(described)}
    return {
        "name": group.name,
        "heading": group.key.text or None,
        "whole": group.is_complete,
        "focused": group.focused,
        "ipVersions": sorted(group.versions),
        "members": [] if described else [_member_to_dict(member) for member in group.members],
        **description,
    }


def _new_to_dict(described: NewEndpoints) -> dict[str, Any]:
    networks = described.networks
    return {
        "selector": described.selector,
        "profiles": None if described.profiles is None else list(described.profiles),
        "withoutProfile": described.without_profile,
        "within": list(map(str, networks.included)) if networks else None,
        "without": list(map(str, networks.excluded)) if networks else None,
    }


def _member_to_dict(member: GroupMember) -> dict[str, Any]:
    expression = member.network_expression
    return {
        "name": member.endpoint.name if member.endpoint else OUTSIDE,
        "addresses": None if expression else list(map(str, member.addresses)),
        "within": list(map(str, expression.included)) if expression else None,
        "without": list(map(str, expression.excluded)) if expression else None,
        "withoutPolicy": list(member.without_policy),
    }


def _pair_to_dict(pair: ExplainedPair) -> dict[str, Any]:
    cases = [
        {
            "verdict": case.verdict,
            "services": list(service_text.service_texts(services)),
            "ipVersion": only_version,
            "parts": list(map(block_to_dict, case.blocks)),
            "path": format_case_path(case),
            "notAllowedBy": not_allowing_to_list(case),
            "egress": direction_to_dict(case.egress),
            "ingress": direction_to_dict(case.ingress),
        }
        for case in pair.cases
        for services, only_version in case_services(pair, case)
    ]
    return {"from": pair.source.name, "to": pair.destination.name, "cases": cases}
