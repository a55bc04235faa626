"""Validation of documents of kind policyTest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, SEMANTICS
from calicoctl.kinds import KINDS
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.networks import parse_network
from calicoctl.kinds.values.protocols import ICMP_BY_VERSION, PORT_PROTOCOLS, PROTOCOL_NAMES, protocol_number
from calicoctl.manifest import Document
from calicoctl.manifest.policy_tests import POLICY_TEST
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.problems import kind_name, problem_at
from calicoctl.schema.types import drop_wrong_types
from calicoctl.schema.validate import ValidationResult, checks_for
from calicoctl.suggestion import suggestion

Value = Mapping[str, Any]

BASELINE_FIELDS: Final = ("permits", "forbids")
"""Fields of a case that name the manifests of a baseline."""

_SERVICE_FIELDS = ("protocol", "ports", "sourcePorts", "icmp")
_PEER_FIELDS_TEXT = "profile, selector, endpoint, cidr, ip, outside or labels"
_COMBINABLE_PEER_FIELDS = (frozenset(("labels", "profile")), frozenset(("outside", "cidr")))
"""Sets of fields of a peer that can be combined. Any other field must be the only one."""


@dataclass(frozen=True)
class PolicyTest:
    """A policy test. If it has problems, its spec may contain invalid values."""

    document: Document
    name: str
    spec: Value

    def locate_field(self, *path: str | int) -> Position:
        """Return the position of a field of the spec."""
        return self.document.locate_field(("spec", *path))


def read_policy_test(document: Document, result: ValidationResult) -> PolicyTest:
    """Return the policy test of a document, and add its problems and warnings to `result`."""
    checks = checks_for(POLICY_TEST)
    notes: list[CoercionNote] = []
    value = checks.coerce(document.node, notes)
    result.add_notes(document, notes)
    errors = [
        *checks.schema_errors(value),
        *(
            SchemaError(*finding, code=SEMANTICS)
            for finding in _check_manifest(drop_wrong_types(checks.schema, value)[0])
        ),
    ]
    result.problems += (problem_at(document, error) for error in errors)
    name = _as_mapping(value.get("metadata")).get("name")
    return PolicyTest(document, str(name), _as_mapping(value.get("spec")))


def misspelled_kind_problem(document: Document) -> Problem | None:
    """Return the problem of a document whose kind is a misspelled `policyTest`, so that it is not skipped."""
    name = kind_name(document)
    hint = suggestion(name, [POLICY_TEST])
    if not hint or name == POLICY_TEST or any(name == kind.name for kind in KINDS):
        return None
    return problem_at(document, SchemaError(("kind",), f"unknown kind {name!r}{hint}", code=DOCUMENT))


def _check_manifest(value: Value) -> Iterator[FieldFinding]:
    """Yield findings that a schema cannot make. Values that the schema rejects are skipped."""
    spec = _as_mapping(value.get("spec"))
    for field, check in (("endpoints", _check_endpoint), ("cases", _check_case)):
        items = spec.get(field)
        items = items if isinstance(items, list) else []
        first: dict[Any, int] = {}
        for index, item in enumerate(items):
            name = _as_mapping(item).get("name")
            if isinstance(name, str) and first.setdefault(name, index) != index:
                yield ("spec", field, index, "name"), f"duplicate name {name!r} (choose another name)"
            yield from ((("spec", field, index, *path), message) for path, message in check(_as_mapping(item)))


def _check_endpoint(endpoint: Value) -> Iterator[FieldFinding]:
    nets = endpoint.get("nets")
    for index, text in enumerate(nets if isinstance(nets, list) else ()):
        try:
            net = parse_network(str(text)).network
        except ValueError:
            continue
        if net.num_addresses > 1:
            yield ("nets", index), f"{text!r} is not an address (write each address of the endpoint)"


def _check_case(case: Value) -> Iterator[FieldFinding]:
    baseline = next((field for field in BASELINE_FIELDS if field in case), None)
    if baseline is None:
        yield from _check_traffic_case(case)
        return
    for field in case:
        if field not in {"name", baseline}:
            yield (field,), f"cannot be combined with {baseline} (write another case)"


def _check_traffic_case(case: Value) -> Iterator[FieldFinding]:
    for side in ("from", "to"):
        if isinstance(case.get(side), dict):
            yield from (((side, *path), message) for path, message in _check_peer(case[side]))
    if "expectExactly" in case:
        yield from _check_expect_exactly(case)
    elif "expect" not in case:
        yield (), "no expectation (write expect: allow, expect: deny, expectExactly: [...], permits or forbids)"
    services = case.get("expectExactly")
    if "expectExactly" not in case:
        yield from _check_service(case)
    for index, service in enumerate(services if isinstance(services, list) else ()):
        findings = _check_service(_as_mapping(service))
        yield from ((("expectExactly", index, *path), message) for path, message in findings)


def _check_expect_exactly(case: Value) -> Iterator[FieldFinding]:
    if "expect" in case:
        yield ("expect",), "cannot be combined with expectExactly (remove one)"
    if "by" in case:
        yield ("by",), "cannot be combined with expectExactly (use it with expect)"
    for field in _SERVICE_FIELDS:
        if field in case:
            yield (field,), "cannot be combined with expectExactly (write it in that list)"


def _check_peer(peer: Value) -> Iterator[FieldFinding]:
    if not peer:
        yield (), f"is empty (write {_PEER_FIELDS_TEXT})"
    if len(peer) > 1 and frozenset(peer) not in _COMBINABLE_PEER_FIELDS:
        yield (), f"{' and '.join(peer)} cannot be combined (write one of {_PEER_FIELDS_TEXT})"
    if peer.get("outside") is False:
        yield ("outside",), "false has no effect (write outside: true, or remove the field)"
    if peer.get("endpoint") == "":
        yield ("endpoint",), "is empty (write the name of an endpoint)"


def _check_service(service: Value) -> Iterator[FieldFinding]:
    protocol = service.get("protocol", "")
    is_valid = isinstance(protocol, int) or protocol in PROTOCOL_NAMES or str(protocol).isdigit()
    number = protocol_number(protocol) if is_valid else None
    if number is None:
        return  # the schema has rejected it
    for field, numbers, names in (
        ("ports", PORT_PROTOCOLS, "tcp, udp or sctp"),
        ("sourcePorts", PORT_PROTOCOLS, "tcp, udp or sctp"),
        ("icmp", ICMP_BY_VERSION.values(), "icmp or icmpv6"),
    ):
        if field in service and number not in numbers:
            yield (field,), f"requires protocol {names}, not {protocol}"


def _as_mapping(value: Any) -> Value:
    return value if isinstance(value, dict) else {}
