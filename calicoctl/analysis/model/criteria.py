"""Criteria of rules as immutable values, and their parsing from rules in normal form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from calicoctl.analysis.model.named_port import NamedPort, parse_named_ports
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.addresses import Network, parse_network
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.kinds.rules.convert import combine_selector
from calicoctl.kinds.values.protocols import protocol_number
from calicoctl.selector import Selector, parse
from calicoctl.selector.nodes import And, Node, Not

_UNKNOWN_PROTOCOL: Final = -1
"""Number that no packet has."""


@dataclass(frozen=True, eq=False)
class EntityRule:
    """Criteria for the address and the port of the source or the destination of a packet."""

    selectors: tuple[Selector, ...] = ()
    """At most one, with the criteria of `selector` and `tag`. It matches addresses of endpoints only."""
    not_selectors: tuple[Selector, ...] = ()
    """At most one, with the criteria of `notSelector` and `notTag`."""
    networks: tuple[Network, ...] = ()
    not_networks: tuple[Network, ...] = ()
    ports: Intervals | None = None
    not_ports: Intervals | None = None
    named_ports: tuple[NamedPort, ...] = ()
    """Names in `ports`, which match in addition to the numbers."""
    not_named_ports: tuple[NamedPort, ...] = ()

    @property
    def all_named_ports(self) -> tuple[NamedPort, ...]:
        """Names in `ports` and `notPorts`: what they match depends on the endpoint at the address."""
        return (*self.named_ports, *self.not_named_ports)

    @cached_property
    def required_selectors(self) -> tuple[Selector, ...]:
        """Selectors that one endpoint with the address must match.

        With a positive selector, the agent makes one selector of both (Felix `calc/rule_scanner.go`): of several
        endpoints with the address, one must match `selector` and not `notSelector`.
        """
        if not (self.selectors and self.not_selectors):
            return self.selectors
        roots = [node for selector in self.selectors for node in _conjunction(selector)]
        return (Selector(And((*roots, *(Not(selector.root) for selector in self.not_selectors)))),)

    @property
    def excluded_selectors(self) -> tuple[Selector, ...]:
        """Selectors that no endpoint with the address may match, apart from `required_selectors`."""
        return () if self.selectors else self.not_selectors

    @property
    def effective_selectors(self) -> tuple[Selector, ...]:
        """All selectors that decide on an address."""
        return (*self.required_selectors, *self.excluded_selectors)

    @property
    def any_address(self) -> bool:
        """Whether every address matches."""
        return not (self.selectors or self.not_selectors or self.networks or self.not_networks)

    @property
    def is_address_independent(self) -> bool:
        """Whether it matches the same services at every address."""
        return self.any_address and not (self.named_ports or self.not_named_ports)


@dataclass(frozen=True, eq=False)
class Icmp:
    """ICMP type and code; None means any."""

    type: int | None
    code: int | None


_ANY_ENTITY: Final = EntityRule()


@dataclass(frozen=True, eq=False, kw_only=True)
class Criteria:
    """Criteria of a rule, except its action; the default of each matches any packet."""

    ip_version: int | None = None
    protocol: int | None = None
    not_protocol: int | None = None
    icmp: Icmp | None = None
    not_icmp: Icmp | None = None
    source: EntityRule = _ANY_ENTITY
    destination: EntityRule = _ANY_ENTITY


def parse_criteria(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the criteria of a manifest rule as the fields of `Criteria`."""
    result: dict[str, Any] = {}
    if "ipVersion" in rule:
        result["ip_version"] = rule["ipVersion"]
    for field, name in (("protocol", "protocol"), ("notProtocol", "not_protocol")):
        if field in rule:
            number = protocol_number(rule[field])
            result[name] = _UNKNOWN_PROTOCOL if number is None else number
    for field, name in (("icmp", "icmp"), ("notICMP", "not_icmp")):
        if rule.get(field):
            result[name] = Icmp(rule[field].get("type"), rule[field].get("code"))
    for side in ("source", "destination"):
        result[side] = _parse_entity_rule(rule.get(side) or {}, result.get("protocol"))
    return result


def _parse_entity_rule(entity: Mapping[str, Any], protocol: int | None) -> EntityRule:
    if not entity:
        return _ANY_ENTITY
    return EntityRule(
        _parse_selectors(combine_selector(entity.get("selector", ""), "&&", entity.get("tag"))),
        _parse_selectors(combine_selector(entity.get("notSelector", ""), "||", entity.get("notTag"))),
        tuple(map(parse_network, entity.get("nets", ()))),
        tuple(map(parse_network, entity.get("notNets", ()))),
        parse_ports(entity.get("ports")),
        parse_ports(entity.get("notPorts")),
        parse_named_ports(entity.get("ports"), protocol),
        parse_named_ports(entity.get("notPorts"), protocol),
    )


def _conjunction(selector: Selector) -> tuple[Node, ...]:
    root = selector.root
    return root.operands if isinstance(root, And) else (root,)


def _parse_selectors(text: str) -> tuple[Selector, ...]:
    return (parse(text),) if text else ()


def parse_ports(ports: Iterable[int | str] | None) -> Intervals | None:
    """Return ports and port ranges as a set; None means any. It omits names, see `named_port`."""
    return intervals.union(map(_parse_port_range, ports)) if ports else None


def _parse_port_range(port: int | str) -> tuple[int, int]:
    first, _, last = str(port).partition(":")
    if not (first.isdigit() and (last or first).isdigit()):
        return (0, 0)
    return (int(first), int(last or first) + 1)
