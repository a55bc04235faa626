"""The table of protocols, and the JSON Schemas that list the names of it a second time."""

from __future__ import annotations

import pytest

from calicoctl.kinds.values.protocols import PROTOCOL_NAMES, protocol_name, protocol_number
from calicoctl.schema.store import load_schema


@pytest.mark.parametrize(
    ("protocol", "number"),
    [("tcp", 6), ("ICMPv6", 58), ("udplite", 136), ("047", 47), (0, 0), ("255", 255), (256, None), ("gre", None)],
)
def test_number_of_a_protocol(protocol: int | str, number: int | None) -> None:
    assert protocol_number(protocol) == number


def test_name_of_a_protocol() -> None:
    assert [protocol_name(number) for number in (6, 58, 47)] == ["tcp", "icmpv6", "47"]


def test_schemas_accept_the_names_of_the_table() -> None:
    rule = load_schema("policy")["properties"]["spec"]["properties"]["ingress"]["items"]["properties"]["protocol"]
    case = load_schema("policyTest")["properties"]["spec"]["properties"]["cases"]["items"]["properties"]["protocol"]
    for schema in (rule, case):
        assert set(schema["examples"]) == set(PROTOCOL_NAMES)
        assert all(name in schema["pattern"] and name in schema["patternErrorMessage"] for name in PROTOCOL_NAMES)
