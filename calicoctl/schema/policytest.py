"""Documents of kind policyTest: read, validated, and checked for what a JSON Schema can't say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, SEMANTICS
from calicoctl.kinds import KINDS
from calicoctl.kinds.networks import parse_network
from calicoctl.kinds.rulechecks import Finding
from calicoctl.manifest import Document
from calicoctl.manifest.nodes import Scalar
from calicoctl.manifest.policytests import POLICY_TEST
from calicoctl.schema.coerce import Note
from calicoctl.schema.explain import Explained
from calicoctl.schema.placing import problem_in
from calicoctl.schema.suggestion import suggestion
from calicoctl.schema.validate import Validated, checks_of

Value = Mapping[str, Any]

_ICMP = ("icmp", "icmpv6", 1, 58)
_PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "sctp", "udplite")
_WITH_PORTS = ("tcp", "udp", "sctp", 6, 17, 132)
_OF_SERVICES = ("protocol", "ports", "sourcePorts", "icmp")
_PARTIES = "profile, selector, endpoint, cidr, ip, outside or labels"
_TOGETHER = (frozenset(("labels", "profile")), frozenset(("outside", "cidr")))
"""The fields of a party that go together; of all others there is one alone."""


@dataclass(frozen=True)
class PolicyTest:
    """A policy test; where something is wrong with it, only what is right of its spec is to be used."""

    document: Document
    name: str
    spec: Value

    def place(self, *path: str | int) -> Position:
        """Where a field of the spec stands."""
        return self.document.locate(("spec", *path))


def read_policy_test(document: Document, result: Validated) -> PolicyTest:
    """The test that a document holds. What is wrong with it, and what to warn of, is added to the result."""
    checks = checks_of(POLICY_TEST)
    notes: list[Note] = []
    value = checks.coerce(document.node, notes)
    result.note(document, notes)
    found = [*checks.mistakes(value), *(Explained(*finding, code=SEMANTICS) for finding in _check(value))]
    result.problems += (problem_in(document, each) for each in found)
    name = _mapping(value.get("metadata")).get("name")
    return PolicyTest(document, str(name), _mapping(value.get("spec")))


def misspelling(document: Document) -> Problem | None:
    """The problem of a document that is no policy test, but was meant as one: it must not be passed over."""
    kind = document.node.get("kind")
    written = kind.text if isinstance(kind, Scalar) else ""
    if written == POLICY_TEST or any(written == known.name for known in KINDS):
        return None
    hint = suggestion(written, [POLICY_TEST], cutoff=0.8)
    return (
        problem_in(document, Explained(("kind",), f"unknown kind {written!r}{hint}", code=DOCUMENT)) if hint else None
    )


def _check(value: Value) -> Iterator[Finding]:
    """What a schema can't say; values that it has refused are passed over."""
    spec = _mapping(value.get("spec"))
    for field, check in (("endpoints", _check_endpoint), ("cases", _check_case)):
        items = spec.get(field)
        items = items if isinstance(items, list) else []
        first: dict[Any, int] = {}
        for index, item in enumerate(items):
            name = _mapping(item).get("name")
            if isinstance(name, str) and first.setdefault(name, index) != index:
                yield ("spec", field, index, "name"), f"{name!r} is there twice (choose another name)"
            yield from ((("spec", field, index, *path), message) for path, message in check(_mapping(item)))


def _check_endpoint(endpoint: Value) -> Iterator[Finding]:
    nets = endpoint.get("nets")
    for index, text in enumerate(nets if isinstance(nets, list) else ()):
        try:
            net = parse_network(str(text)).network
        except ValueError:
            continue
        if net.num_addresses > 1:
            yield ("nets", index), f"{text!r} is no address (write each address of the endpoint)"


def _check_case(case: Value) -> Iterator[Finding]:
    for side in ("from", "to"):
        if isinstance(case.get(side), dict):
            yield from (((side, *path), message) for path, message in _check_party(case[side]))
    if "expectExactly" in case:
        yield from _check_exactly(case)
    elif "expect" not in case:
        yield (), "what is expected is missing (write expect: allow, expect: deny, or expectExactly: [...])"
    services = case.get("expectExactly")
    if "expectExactly" not in case:
        yield from _check_service(case)
    for index, service in enumerate(services if isinstance(services, list) else ()):
        found = _check_service(_mapping(service))
        yield from ((("expectExactly", index, *path), message) for path, message in found)


def _check_exactly(case: Value) -> Iterator[Finding]:
    if "expect" in case:
        yield ("expect",), "does not go with expectExactly (leave one out)"
    if "by" in case:
        yield ("by",), "does not go with expectExactly (it goes with expect)"
    for field in _OF_SERVICES:
        if field in case:
            yield (field,), "does not go with expectExactly, which is about all services (write it in the list there)"


def _check_party(party: Value) -> Iterator[Finding]:
    if not party:
        yield (), f"nobody is named (write {_PARTIES})"
    if len(party) > 1 and frozenset(party) not in _TOGETHER:
        yield (), f"{' and '.join(party)} do not go together (write one of {_PARTIES})"
    if party.get("outside") is False:
        yield ("outside",), "false says nothing (write outside: true, or leave it out)"
    if party.get("endpoint") == "":
        yield ("endpoint",), "is empty (write the name of an endpoint)"


def _check_service(service: Value) -> Iterator[Finding]:
    protocol = _number(service.get("protocol"))
    if not (isinstance(protocol, int) or protocol in _PROTOCOLS):
        return  # the schema has refused it
    for field, known, names in (
        ("ports", _WITH_PORTS, "tcp, udp or sctp"),
        ("sourcePorts", _WITH_PORTS, "tcp, udp or sctp"),
        ("icmp", _ICMP, "icmp or icmpv6"),
    ):
        if field in service and protocol not in known:
            yield (field,), f"goes with protocol {names} only, not with {protocol}"


def _number(protocol: Any) -> Any:
    return int(protocol) if isinstance(protocol, str) and protocol.isascii() and protocol.isdigit() else protocol


def _mapping(value: Any) -> Value:
    return value if isinstance(value, dict) else {}
