"""The cases of a policy test as what the analysis judges: parties, services, and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from calicoctl.analysis import Endpoint, Origin, PolicySet, naming, wording
from calicoctl.analysis.addresses import address, network
from calicoctl.analysis.naming import NobodyError
from calicoctl.analysis.parties import Party
from calicoctl.analysis.policytests.cases import Expectation
from calicoctl.analysis.rules import ports_of
from calicoctl.analysis.services import EVERYTHING, NOTHING, ServiceSet, of_protocol
from calicoctl.errors import Position
from calicoctl.kinds.names import profile_name
from calicoctl.kinds.rules import selector_to_v3
from calicoctl.resource import Identifier, Resource
from calicoctl.schema.policytest import PolicyTest
from calicoctl.schema.suggestion import suggestion
from calicoctl.selector import parse

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """A case of a policy test."""

    test: str
    name: str
    position: Position
    words: str
    """What is expected, in words: `allow`, `deny`, `exactly tcp 3306 and udp 53`."""
    expectation: Expectation | None
    """None when it is about somebody who is not there."""
    missing: str = ""
    """Who is not there, then."""

    @property
    def title(self) -> str:
        """The name of the test, and of the case."""
        return f"{self.test}: {self.name}"


def expected_of(test: PolicyTest, policy_set: PolicySet) -> Iterator[Expected]:
    """The cases of a test, in their order."""
    for index, case in enumerate(test.spec["cases"]):
        position = test.place("cases", index)
        wanted = NOTHING
        for service in case.get("expectExactly", ()):
            wanted |= _services(service)
        words = case.get("expect") or f"exactly {listed(list(wording.parts(wanted)) or ['nothing'])}"
        words += f" by {case['by']}" if "by" in case else ""
        try:
            expectation = _expectation(case, wanted, policy_set)
        except NobodyError as error:
            yield Expected(test.name, case["name"], position, words, None, str(error))
        else:
            yield Expected(test.name, case["name"], position, words, expectation)


def listed(words: Sequence[str]) -> str:
    """Words in a sentence: `tcp 80, tcp 443 and udp 53`."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def extra_endpoints(test: PolicyTest) -> Iterator[Endpoint]:
    """The endpoints that a test has beside those of its manifests."""
    for index, endpoint in enumerate(test.spec.get("endpoints", ())):
        place = test.place("endpoints", index)
        identifier = Identifier("endpoint", (endpoint["name"],))
        origin = Origin(Resource(identifier, {"name": endpoint["name"]}, {}), locate=partial(_at, place))
        profiles = tuple(map(profile_name, endpoint.get("profiles", ())))
        nets = endpoint.get("nets")
        addresses = None if nets is None else tuple(map(address, nets))
        yield Endpoint(identifier, endpoint.get("labels", {}), profiles, addresses, origin)


def _at(place: Position, _path: tuple[str | int, ...]) -> Position:
    return place


def _expectation(case: Value, wanted: ServiceSet, policy_set: PolicySet) -> Expectation:
    """The expectation of a case.

    Raises:
        NobodyError: it is about somebody, or something, that is not there.
    """
    source, destination = (_party(side, case[side], policy_set) for side in ("from", "to"))
    asked = EVERYTHING if "expectExactly" in case else _services(case)
    if "expect" in case:
        wanted = asked if case["expect"] == "allow" else NOTHING
    by = case.get("by", "")
    if by:
        _check_decider(by, policy_set)
    return Expectation(source, destination, asked, wanted, case.get("ipVersion"), by)


def _check_decider(name: str, policy_set: PolicySet) -> None:
    policies, profiles = policy_set.policies, policy_set.profiles.values()
    known = [*(str(each.identifier) for each in policies), *(str(each.identifier) for each in profiles)]
    if name not in known:
        raise NobodyError(f"by: there is no {name}{suggestion(name, known, cutoff=0.8)}")


def _services(service: Value) -> ServiceSet:
    """The services that a protocol, ports, and a type of ICMP mean; all when there is no protocol."""
    if "protocol" not in service:
        return EVERYTHING
    number = wording.protocol_number(service["protocol"])
    assert number is not None  # noqa: S101 - the schema knows the protocols
    if icmp := service.get("icmp"):
        kind, code = icmp.get("type"), icmp.get("code")
        return of_protocol(number, *(None if each is None else (each, each + 1) for each in (kind, code)))
    return of_protocol(number, ports_of(service.get("sourcePorts")), ports_of(service.get("ports")))


def _party(side: str, party: Value, policy_set: PolicySet) -> Party:
    name = ", ".join(f"{field}: {value}" for field, value in party.items())
    try:
        return _named(name, party, policy_set)
    except NobodyError as error:
        raise NobodyError(f"{side} {{{name}}}: {error}") from None


def _named(name: str, party: Value, policy_set: PolicySet) -> Party:
    if "outside" in party:
        return naming.outside(name, network(party["cidr"]) if "cidr" in party else None)
    if "labels" in party:
        labels = ",".join(f"{key}={value}" for key, value in party["labels"].items())
        profile = party.get("profile", "")
        called = " and ".join(filter(None, (labels, profile and f"profile/{profile}")))
        return naming.of_labels(name, party["labels"], profile, f"an endpoint with {called}", policy_set)
    if "profile" in party:
        return naming.of_profile(name, party["profile"], policy_set)
    if "selector" in party:
        return naming.of_selector(name, parse(selector_to_v3(party["selector"].strip())), policy_set)
    if "endpoint" in party:
        return naming.of_endpoint(name, party["endpoint"], policy_set)
    return naming.within(name, network(party.get("cidr") or party["ip"]), policy_set)
