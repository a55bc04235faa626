"""Cases of a policy test as input of the analysis: peers, services, and the expected decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, get_args

from calicoctl.analysis import Endpoint, PolicySet, PolicySource
from calicoctl.analysis.model.criteria import parse_ports
from calicoctl.analysis.peers import peer as peers
from calicoctl.analysis.peers.peer import Peer, PeerNotFound
from calicoctl.analysis.policy_tests.cases import Expectation
from calicoctl.analysis.semantic_diff.containment import Requirement
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.addresses import parse_address, parse_network
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet, services_of_protocol
from calicoctl.errors import Position
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.kinds.values.names import v3_profile_name
from calicoctl.kinds.values.protocols import protocol_number
from calicoctl.resource import Identifier, Resource
from calicoctl.schema.policy_test import PolicyTest
from calicoctl.selector import parse
from calicoctl.suggestion import suggestion

Value = Mapping[str, Any]


class Baseline(NamedTuple):
    """Other manifests that a case compares the tested ones with."""

    requirement: Requirement
    text: str
    """Manifests as written in the case."""


@dataclass(frozen=True)
class PolicyTestCase:
    """Case of a policy test."""

    test: str
    name: str
    position: Position
    expected_text: str
    """Expectation as displayed: `allow`, `deny`, `exactly tcp 3306 and udp 53`."""
    expectation: Expectation | None
    """None if a peer or the expected policy does not exist."""
    missing_peer: str = ""
    """Message about the missing peer or policy."""
    baseline: Baseline | None = None
    """Baseline to compare with instead of an expectation."""

    @property
    def title(self) -> str:
        """Names of the test and of the case."""
        return f"{self.test}: {self.name}"


def policy_test_cases(test: PolicyTest, policy_set: PolicySet) -> Iterator[PolicyTestCase]:
    """Yield the cases of a test, in their order."""
    for index, case in enumerate(test.spec["cases"]):
        position = test.locate_field("cases", index)
        if baseline := _find_baseline(case):
            decision = "allowed" if baseline.requirement == "permits" else "denied"
            text = f"all traffic that {baseline.text} allows to be {decision}"
            yield PolicyTestCase(test.name, case["name"], position, text, None, baseline=baseline)
            continue
        expected_services = NO_SERVICES
        for service in case.get("expectExactly", ()):
            expected_services |= _parse_services(service)
        expected_text = (
            case.get("expect")
            or f"exactly {join_words(list(service_text.service_texts(expected_services)) or ['nothing'])}"
        )
        expected_text += f" by {case['by']}" if "by" in case else ""
        try:
            expectation = _make_expectation(case, expected_services, policy_set)
        except PeerNotFound as error:
            yield PolicyTestCase(test.name, case["name"], position, expected_text, None, str(error))
        else:
            yield PolicyTestCase(test.name, case["name"], position, expected_text, expectation)


def _find_baseline(case: Value) -> Baseline | None:
    for field in get_args(Requirement):
        if field in case:
            return Baseline(field, case[field])
    return None


def join_words(words: Sequence[str]) -> str:
    """Join the items of an enumeration: `tcp 80, tcp 443 and udp 53`."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def extra_endpoints(test: PolicyTest) -> Iterator[Endpoint]:
    """Yield the endpoints that a test defines in addition to those of its manifests."""
    for index, endpoint in enumerate(test.spec.get("endpoints", ())):
        position = test.locate_field("endpoints", index)
        identifier = Identifier("endpoint", (endpoint["name"],))
        resource = Resource(identifier, {"name": endpoint["name"]}, {})
        source = PolicySource(resource, locate=partial(_fixed_position, position))
        profiles = tuple(map(v3_profile_name, endpoint.get("profiles", ())))
        nets = endpoint.get("nets")
        addresses = None if nets is None else tuple(map(parse_address, nets))
        yield Endpoint(identifier, endpoint.get("labels", {}), profiles, addresses, source)


def _fixed_position(position: Position, _path: tuple[str | int, ...]) -> Position:
    return position


def _make_expectation(case: Value, expected_services: ServiceSet, policy_set: PolicySet) -> Expectation:
    """Return the expectation of a case.

    Raises:
        PeerNotFound: a peer or the expected policy does not exist.
    """
    source, destination = (_find_peer(side, case[side], policy_set) for side in ("from", "to"))
    services = ALL_SERVICES if "expectExactly" in case else _parse_services(case)
    if "expect" in case:
        expected_services = services if case["expect"] == "allow" else NO_SERVICES
    decider = case.get("by", "")
    if decider:
        _check_decider(decider, policy_set)
    return Expectation(source, destination, services, expected_services, case.get("ipVersion"), decider)


def _check_decider(name: str, policy_set: PolicySet) -> None:
    policies, profiles = policy_set.policies, policy_set.profiles.values()
    known = [*(str(each.identifier) for each in policies), *(str(each.identifier) for each in profiles)]
    if name not in known:
        raise PeerNotFound(f"by: no {name}{suggestion(name, known)}")


def _parse_services(service: Value) -> ServiceSet:
    """Return the services of a protocol, ports and an ICMP type; all services without a protocol."""
    if "protocol" not in service:
        return ALL_SERVICES
    number = protocol_number(service["protocol"])
    assert number is not None  # noqa: S101 - validated by the schema
    if icmp := service.get("icmp"):
        icmp_type, code = icmp.get("type"), icmp.get("code")
        return services_of_protocol(number, *(None if each is None else (each, each + 1) for each in (icmp_type, code)))
    return services_of_protocol(number, parse_ports(service.get("sourcePorts")), parse_ports(service.get("ports")))


def _find_peer(side: str, peer: Value, policy_set: PolicySet) -> Peer:
    name = ", ".join(f"{field}: {value}" for field, value in peer.items())
    try:
        return _resolve_peer(name, peer, policy_set)
    except PeerNotFound as error:
        raise PeerNotFound(f"{side} {{{name}}}: {error}") from None


def _resolve_peer(name: str, peer: Value, policy_set: PolicySet) -> Peer:
    if "outside" in peer:
        return peers.external_peer(name, parse_network(peer["cidr"]) if "cidr" in peer else None)
    if "labels" in peer:
        labels = ",".join(f"{key}={value}" for key, value in peer["labels"].items())
        profile = peer.get("profile", "")
        description = " and ".join(filter(None, (labels, profile and f"profile/{profile}")))
        return peers.peer_for_labels(name, peer["labels"], profile, f"an endpoint with {description}", policy_set)
    if "profile" in peer:
        return peers.peer_for_profile(name, peer["profile"], policy_set)
    if "selector" in peer:
        return peers.peer_for_selector(name, parse(selector_to_v3(peer["selector"].strip())), policy_set)
    if "endpoint" in peer:
        return peers.peer_for_endpoint(name, peer["endpoint"], policy_set)
    return peers.peer_in_network(name, parse_network(peer.get("cidr") or peer["ip"]), policy_set)
