"""Who can reach whom as JSON, with all names and addresses."""

from __future__ import annotations

from json import dumps
from typing import Any

from calicoctl.analysis import wording
from calicoctl.analysis.connectivity.crowds import Crowd
from calicoctl.analysis.connectivity.shares import Inhabitant
from calicoctl.printers.connectivity.answer import Answer

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
"""The fields, with what they mean."""


def show(answer: Answer) -> str:
    """One object; `docs/reference.md` has its fields."""
    found = answer.connectivity
    value = {
        "formatVersion": 1,
        "groupBy": answer.group_by,
        "focus": answer.focus or None,
        "services": list(wording.parts(answer.services)),
        "basis": answer.basis,
        "notes": list(answer.notes),
        "groups": [_group(crowd) for crowd in found.crowds],
        "rows": [
            {
                "from": [crowd.name for crowd in row.sources],
                "to": [crowd.name for crowd in row.destinations],
                "services": list(wording.parts(row.services)),
                "ipVersions": list(row.versions),
            }
            for row in found.rows
        ],
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _group(crowd: Crowd) -> dict[str, Any]:
    return {
        "name": crowd.name,
        "heading": crowd.heading.text or None,
        "whole": crowd.whole,
        "focused": crowd.focused,
        "ipVersions": sorted(crowd.versions),
        "members": [_member(one) for one in crowd.inhabitants],
    }


def _member(one: Inhabitant) -> dict[str, Any]:
    return {
        "name": one.endpoint.name if one.endpoint else "outside",
        "addresses": None if one.where else list(map(str, one.addresses)),
        "within": list(map(str, one.where.within)) if one.where else None,
        "without": list(map(str, one.where.without)) if one.where else None,
    }
