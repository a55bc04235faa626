"""Connectivity as JSON, with all names and addresses."""

from __future__ import annotations

from json import dumps
from typing import Any

from calicoctl.analysis.connectivity.group_names import GroupMember
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.peers.peer import OUTSIDE
from calicoctl.analysis.sets import service_text
from calicoctl.printers.connectivity.result import ConnectivityResult

FIELDS = {
    "formatVersion": "1; it is raised when a field goes or changes its meaning",
    "groupBy": "what `--group-by` was",
    "focus": "what `--focus` was, or `null`",
    "services": "what was asked about, as in `rows`; `all` when it is everything",
    "basis": "what the answer was worked out from",
    "notes": "what there is to know besides",
    "groups": "everybody: each endpoint and each address outside is in one group",
    "groups[].name": "the name, which no other group has",
    "groups[].heading": "what the endpoints have in common, such as the profile; `null` with `--group-by class`",
    "groups[].whole": "whether the group is all under its heading, and not a part that is treated differently",
    "groups[].focused": "whether it belongs to what `--focus` names",
    "groups[].ipVersions": "the IP versions that it has addresses of",
    "groups[].members[].name": "an endpoint, or `outside`",
    "groups[].members[].addresses": "its addresses that are meant; `null` when the address can be any",
    "groups[].members[].within": "networks; the address is meant when the smallest network around it, of these and of "
    "`without`, is one of these. `null` when `addresses` are known",
    "groups[].members[].without": "networks, as above",
    "rows": "all that is allowed. No packet is in two rows, and what is in none is denied",
    "rows[].from": "names of groups",
    "rows[].to": "names of groups",
    "rows[].services": "the services that are allowed from each of these to each of those: `tcp 80,8000:8080`, "
    "`udp 53 from port 1024:65535`, `icmp 8/0`, `47`, `all`, `all but tcp 22`",
    "rows[].ipVersions": "the IP versions that this is about",
}
"""Descriptions of the fields."""


def show(result: ConnectivityResult) -> str:
    """Return one JSON object; `FIELDS` describes it."""
    connectivity = result.connectivity
    value = {
        "formatVersion": 1,
        "groupBy": result.group_by,
        "focus": result.focus or None,
        "services": list(service_text.service_texts(result.services)),
        "basis": result.basis,
        "notes": list(result.notes),
        "groups": [_group_to_dict(group) for group in connectivity.groups],
        "rows": [
            {
                "from": [group.name for group in row.sources],
                "to": [group.name for group in row.destinations],
                "services": list(service_text.service_texts(row.services)),
                "ipVersions": list(row.versions),
            }
            for row in connectivity.rows
        ],
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _group_to_dict(group: EndpointGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "heading": group.key.text or None,
        "whole": group.is_complete,
        "focused": group.focused,
        "ipVersions": sorted(group.versions),
        "members": [_member_to_dict(member) for member in group.members],
    }


def _member_to_dict(member: GroupMember) -> dict[str, Any]:
    expression = member.network_expression
    return {
        "name": member.endpoint.name if member.endpoint else OUTSIDE,
        "addresses": None if expression else list(map(str, member.addresses)),
        "within": list(map(str, expression.included)) if expression else None,
        "without": list(map(str, expression.excluded)) if expression else None,
    }
