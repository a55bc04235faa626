"""Why a rule can't match any packet of an IP version, whoever there is: criteria that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.analysis import intervals
from calicoctl.analysis.lint.possible import can_match
from calicoctl.analysis.model import Path, Rule, Side
from calicoctl.analysis.parties import EVERYWHERE
from calicoctl.analysis.rulesets import ICMP_OF, services_of
from calicoctl.analysis.services import ALL_PORTS, ICMP, ICMPV6, WITH_PORTS
from calicoctl.analysis.wording import protocol_name


class Fault(NamedTuple):
    """What rules out that a rule matches."""

    path: Path
    """The field within the rule."""
    message: str
    of_version: bool = False
    """Whether it is only that the rule is for the other IP version."""


def fault(rule: Rule, version: int) -> Fault | None:
    """Why a rule can't match any packet of an IP version; None when it can."""
    return next(_faults(rule, version), None)


def contradiction(rule: Rule) -> Fault | None:
    """Why a rule can't match any packet at all; None when it can."""
    found = [fault(rule, version) for version in (4, 6)]
    faults = [each for each in found if each]
    if len(faults) < len(found):
        return None
    plain = (each for each in faults if not each.of_version)
    return next(plain, Fault((), "asks for IPv4 and for IPv6 at once"))


def _faults(rule: Rule, version: int) -> Iterator[Fault]:
    if rule.unmet:
        yield Fault(tuple(rule.unmet.split(".")), "it asks for what is known to Kubernetes only")
    if rule.ip_version not in (None, version):
        yield Fault(("ipVersion",), f"is for IPv{rule.ip_version}", of_version=True)
    if not services_of(rule, version):
        yield _of_services(rule, version)
    for name, side in (("source", rule.source), ("destination", rule.destination)):
        yield from (each._replace(path=(name, *each.path)) for each in _of_side(side, version))


def _of_services(rule: Rule, version: int) -> Fault:
    found = (*_of_ports(rule), *_of_protocol(rule), *_of_icmp(rule, version))
    return next(iter(found), Fault((), "its criteria exclude each other"))


def _of_ports(rule: Rule) -> Iterator[Fault]:
    for name, side in (("source", rule.source), ("destination", rule.destination)):
        if side.ports == ():
            yield Fault((name, "ports"), "holds no port that there is")
        if side.not_ports and not intervals.combined(side.ports or ALL_PORTS, side.not_ports, intervals.SUB):
            yield Fault((name, "notPorts"), "takes away all that ports holds" if side.ports else "takes away all ports")
        if (side.ports or side.not_ports) and rule.protocol not in (None, *WITH_PORTS):
            yield Fault((name, "ports"), f"protocol {protocol_name(rule.protocol or 0)} has no ports")


def _of_protocol(rule: Rule) -> Iterator[Fault]:
    if rule.protocol is not None and rule.protocol < 0:
        yield Fault(("protocol",), "there is no such protocol")
    elif rule.protocol is not None and rule.protocol == rule.not_protocol:
        yield Fault(("notProtocol",), "takes away what protocol asks for")


def _of_icmp(rule: Rule, version: int) -> Iterator[Fault]:
    if not (rule.icmp or rule.not_icmp):
        return
    if rule.protocol not in (None, ICMP, ICMPV6):
        yield Fault(("icmp" if rule.icmp else "notICMP",), f"protocol {protocol_name(rule.protocol or 0)} has none")
    elif rule.protocol not in (None, ICMP_OF[version]):
        yield Fault(("protocol",), f"{protocol_name(rule.protocol)} is of the other IP version", of_version=True)
    elif rule.icmp and rule.not_icmp:
        yield Fault(("notICMP",), "takes away what icmp asks for")


def _of_side(side: Side, version: int) -> Iterator[Fault]:
    if not can_match(side.selectors):
        yield Fault(("selector",), f"no labels can be {side.selectors[0]}")
    elif side.selectors and not can_match(side.selectors, side.not_selectors):
        yield Fault(("notSelector",), f"takes away all that is {side.selectors[0]}")
    for name, networks in (("nets", side.networks), ("notNets", side.not_networks)):
        if networks and all(net.version != version for net in networks):
            yield Fault((name,), f"is of IPv{networks[0].version} only", of_version=True)
    if side.not_networks:
        asked, taken = (
            intervals.union((net.start, net.end) for net in networks if net.version == version)
            for networks in (side.networks or EVERYWHERE, side.not_networks)
        )
        if not intervals.combined(asked, taken, intervals.SUB):
            yield Fault(("notNets",), "takes away all that nets holds" if side.networks else "takes away all addresses")
