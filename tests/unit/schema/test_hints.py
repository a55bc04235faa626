"""Hints point to the field that was meant: at another place, of another name, or misspelled, and never an opposite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from calicoctl.kinds import Kind
from calicoctl.schema.explain import SchemaError, explain_errors
from calicoctl.schema.field_hints import unknown_field_hint
from calicoctl.schema.store import Schema, load_schema, load_v3_schema
from tests.support.read_resources import EVERY_KIND, read_resources

Path = tuple[str | int, ...]

RULE: Path = ("spec", "ingress", 0)

FIELDS: list[tuple[str, Path, str, str]] = [
    # the same name at another place
    ("ipPool", ("spec",), "enabled", "did you mean 'spec.ipip.enabled'?"),
    ("ipPool", ("spec",), "mode", "did you mean 'spec.ipip.mode'?"),
    ("ipPool", ("spec",), "cidr", "did you mean 'metadata.cidr'?"),
    ("ipPool", ("metadata",), "disabled", "did you mean 'spec.disabled'?"),
    ("profile", ("spec",), "labels", "did you mean 'metadata.labels'?"),
    ("profile", ("spec",), "Tags", "did you mean 'metadata.tags'?"),
    ("hostEndpoint", ("spec",), "labels", "did you mean 'metadata.labels'?"),
    ("hostEndpoint", ("spec",), "node", "did you mean 'metadata.node'?"),
    ("hostEndpoint", (), "interfaceName", "did you mean 'spec.interfaceName'?"),
    ("bgpPeer", ("metadata",), "asNumber", "did you mean 'spec.asNumber'?"),
    ("node", ("spec",), "ipv4Address", "did you mean 'spec.bgp.ipv4Address'?"),
    ("policy", ("metadata",), "selector", "did you mean 'spec.selector'?"),
    ("policy", ("metadata",), "kind", "write kind at the top level"),
    ("policy", RULE, "selector", "write it under source or destination"),
    ("policy", RULE, "notPorts", "write it under source or destination"),
    ("policy", RULE, "type", "write it under icmp or notICMP"),
    ("policy", (*RULE, "source"), "protocol", "did you mean 'spec.ingress[0].protocol'?"),
    ("policy", ("spec", "egress", 3, "icmp"), "ipVersion", "did you mean 'spec.egress[3].ipVersion'?"),
    ("policy", ("spec",), "action", "write it under ingress[] or egress[]"),
    # a rule or another item of a list does not have the fields of the resource
    ("policy", RULE, "name", ""),
    ("policy", RULE, "order", ""),
    ("node", ("spec", "orchRefs", 0), "name", ""),
    # names of other versions and tools
    ("hostEndpoint", ("metadata",), "hostname", "did you mean 'node'?"),
    ("workloadEndpoint", ("metadata",), "hostname", "did you mean 'node'?"),
    ("hostEndpoint", ("spec",), "hostname", "did you mean 'metadata.node'?"),
    ("ipPool", ("spec",), "natOutgoing", "did you mean 'nat-outgoing'?"),
    ("ipPool", ("spec",), "ipipMode", "did you mean 'spec.ipip.mode'?"),
    ("profile", ("spec",), "labelsToApply", "did you mean 'metadata.labels'?"),
    ("policy", ("spec",), "inbound_rules", "did you mean 'ingress'?"),
    ("policy", ("spec",), "policyTypes", "did you mean 'types'?"),
    ("policy", ("spec",), "tier", "did you mean 'metadata.tier'?"),
    ("policy", RULE, "src_net", "did you mean 'spec.ingress[0].source.net'?"),
    ("policy", (*RULE, "source"), "cidrs", "did you mean 'nets'?"),
    # fields of later versions
    ("policy", ("spec",), "applyOnForward", "not in v1"),
    ("policy", (*RULE, "source"), "namespaceSelector", "not in v1"),
    ("policy", RULE, "namespaceSelector", "not in v1"),
    ("policy", RULE, "http", "not in v1"),
    ("policy", ("metadata",), "labels", "not in v1"),
    ("ipPool", ("spec",), "vxlanMode", "not in v1"),
    ("node", ("metadata",), "annotations", "not in v1"),
    ("bgpPeer", (), "status", "not in v1"),
    # misspelled names
    ("policy", ("spec",), "Order", "did you mean 'order'?"),
    ("policy", ("spec",), "type", "did you mean 'types'?"),
    ("policy", (*RULE, "source"), "port", "did you mean 'ports'?"),
    ("policy", (*RULE, "source"), "not_net", "did you mean 'notNet'?"),
    # no opposite
    ("ipPool", ("spec", "ipip"), "disabled", "did you mean 'enabled: false'?"),
    ("policy", ("spec",), "ngress", ""),
    ("workloadEndpoint", ("spec",), "ipGateway", ""),
    ("policy", ("spec",), "bogus", ""),
]


@pytest.mark.parametrize(("kind", "mapping", "name", "hint"), FIELDS)
def test_the_hint_for_an_unknown_field(kind: str, mapping: Path, name: str, hint: str) -> None:
    assert unknown_field_hint(load_schema(kind), mapping, name) == (f" ({hint})" if hint else "")


def schemas_with_paths(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    if "items" in schema:
        yield from schemas_with_paths(schema["items"], (*path, 0))
        return
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from schemas_with_paths(part, (*path, name))


@EVERY_KIND
def test_every_listed_name_has_a_hint(kind: Kind) -> None:
    schema = load_schema(kind.name)
    listed = 0
    for path, part in schemas_with_paths(schema):
        for name in part.get("otherNames", {}):
            assert unknown_field_hint(schema, path, name).startswith(" (did you mean "), (path, name)
            assert name not in part["properties"]
            listed += 1
        for name in part.get("laterFields", ()):
            assert name in part["properties"] or unknown_field_hint(schema, path, name) == " (not in v1)", (path, name)
            listed += 1
    assert listed


@EVERY_KIND
def test_every_field_of_v3_has_a_hint(kind: Kind) -> None:
    schema = load_schema(kind.name)
    mappings = dict(schemas_with_paths(schema))
    for path, part in schemas_with_paths(load_v3_schema(kind.stored_kind.kind)):
        for name in part.get("properties", {}):
            if path in mappings and name not in mappings[path].get("properties", {}):
                assert unknown_field_hint(schema, path, name), (path, name)


def found_problems(kind: str, metadata: str, spec: str) -> list[str]:
    text = f"{{kind: {kind}, apiVersion: v1, metadata: {metadata}, spec: {spec}}}"
    resources, problems = read_resources(text)
    assert not (resources and problems)
    return [f"{problem.path}: {problem.message}" for problem in problems]


LIST = "expected a list, found"
MAPPING = "expected a mapping, found"
VALUES: list[tuple[str, str]] = [
    # a value in place of a list
    ("egress: allow", f"spec.egress: {LIST} the text 'allow' (write - action: allow)"),
    ("egress: Deny", f"spec.egress: {LIST} the text 'Deny' (write - action: deny)"),
    ("egress: drop", f"spec.egress: {LIST} the text 'drop' (write - action: deny)"),
    ("egress: web", f"spec.egress: {LIST} the text 'web'"),
    ("egress: true", f"spec.egress: {LIST} true"),
    ("egress: {action: allow}", f"spec.egress: {LIST} a mapping (begin each item with '- ')"),
    ("types: egress", f"spec.types: {LIST} the text 'egress' (write [egress])"),
    (
        "egress: [{action: deny, protocol: tcp, source: {ports: 80}}]",
        f"spec.egress[0].source.ports: {LIST} 80 (write [80])",
    ),
    # a value in place of a mapping
    ("egress: [allow]", f"spec.egress[0]: {MAPPING} the text 'allow' (write action: allow)"),
    ("egress: [5]", f"spec.egress[0]: {MAPPING} 5"),
    # values of other names
    (
        "egress: [{action: drop}]",
        "spec.egress[0].action: 'drop' is not one of 'allow', 'deny', 'log', 'pass' (did you mean 'deny'?)",
    ),
    # leading zeros
    (
        "egress: [{action: deny, source: {net: 192.168.011.245}}]",
        "spec.egress[0].source.net: '192.168.011.245' has a leading zero in '011', which some tools read as octal"
        " (write 192.168.11.245)",
    ),
    (
        "egress: [{action: deny, source: {nets: [010.0.00.1/08]}}]",
        "spec.egress[0].source.nets[0]: '010.0.00.1/08' has a leading zero in '010', which some tools read as octal"
        " (write 10.0.0.1/08)",
    ),
    (
        "egress: [{action: deny, source: {net: 192.168.0999.1}}]",
        "spec.egress[0].source.net: '192.168.0999.1' is not a network or address (write 10.0.0.0/8, fd00::/8 or an"
        " address)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "problem"), VALUES)
def test_the_remedy_for_a_value(spec: str, problem: str) -> None:
    assert found_problems("policy", "{name: a}", f"{{{spec}}}") == [problem]


OTHER_KINDS: list[tuple[tuple[str, str, str], list[str]]] = [
    (
        ("ipPool", "{cidr: 10.0.0.0/16}", "{ipip: true}"),
        [f"spec.ipip: {MAPPING} true (write enabled: true)"],
    ),
    (("ipPool", "{cidr: 10.0.0.0/16}", "true"), [f"spec: {MAPPING} true"]),
    # one problem for a field of another name, not also that the field is missing
    (
        ("hostEndpoint", "{name: a, hostname: b}", "{interfaceName: eth0}"),
        ["metadata.hostname: unknown field 'hostname' (did you mean 'node'?)"],
    ),
    # no findings that only follow from a value of a wrong type
    (
        ("hostEndpoint", "{name: a, node: b}", "{expectedIPs: 10.0.0.1}"),
        [f"spec.expectedIPs: {LIST} the text '10.0.0.1' (write [10.0.0.1])"],
    ),
    (("node", "{name: a}", "{bgp: {ipv4Address: {a: b}}}"), ["spec.bgp.ipv4Address: expected text, found a mapping"]),
    (("ipPool", "{cidr: [10.0.0.0/16]}", "{}"), ["metadata.cidr: expected text, found a list"]),
    (
        ("workloadEndpoint", "{name: a, node: b, workload: c, orchestrator: d}",
         "{interfaceName: e, ipNetworks: 5, ipNATs: [{internalIP: 10.0.0.1, externalIP: 10.0.0.2}]}"),
        [f"spec.ipNetworks: {LIST} 5 (write [5])"],
    ),
    # rules are still checked
    (
        ("policy", "{name: a}", "{order: x, ingress: [{action: allow, source: {ports: [80]}}, {action: allow,"
         " protocol: [tcp], source: {ports: [80]}}]}"),
        [
            "spec.order: expected a number, found the text 'x'",
            "spec.ingress[0].source.ports: ports require protocol tcp or udp: the rule has no protocol (write protocol:"
            " tcp or protocol: udp)",
            "spec.ingress[1].protocol: expected a whole number or text, found a list",
        ],
    ),
    (("policy", "{name: a, tier: default}", "{}"), []),
    (("policy", "{name: a, tier: security}", "{}"), ["metadata.tier: 'security' must be 'default'"]),
    (("GlobalNetworkPolicy", "{name: a}", "{}"), ["kind: unknown kind 'GlobalNetworkPolicy' (did you mean 'policy'?)"]),
    (("IPPool", "{name: a}", "{}"), ["kind: unknown kind 'IPPool' (did you mean 'ipPool'?)"]),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "expected"), OTHER_KINDS)
def test_the_problems_of_other_manifests(manifest: tuple[str, str, str], expected: list[str]) -> None:
    assert sorted(found_problems(*manifest)) == sorted(expected)


def test_the_tier_of_a_policy_has_no_effect() -> None:
    forms: list[Any] = [
        read_resources(f"{{kind: policy, apiVersion: v1, metadata: {{name: a{tier}}}}}")[0]
        for tier in ("", ", tier: default")
    ]
    assert forms[0] == forms[1]


@pytest.mark.parametrize("name", ["internalip", "INTERNALIP"])
def test_a_field_in_another_case_is_either_unknown_or_missing(name: str) -> None:
    schema = {"properties": {"internalIP": {"type": "string"}}, "required": ["internalIP"]}
    missing = [SchemaError((), "'internalIP' is missing")]
    unknown = [SchemaError((name,), f"unknown field {name!r} (did you mean 'internalIP'?)", at_key=True)]
    assert list(explain_errors(schema, {name: "10.0.0.1"})) == missing
    assert list(explain_errors({**schema, "additionalProperties": False}, {name: "10.0.0.1"})) == unknown
