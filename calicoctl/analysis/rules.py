"""The criteria of a rule in normal form as values: numbers, networks, selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from calicoctl.analysis import intervals
from calicoctl.analysis.addresses import network
from calicoctl.analysis.intervals import Intervals
from calicoctl.analysis.model import Icmp, Side
from calicoctl.analysis.wording import protocol_number
from calicoctl.kinds.rules import combined_selector
from calicoctl.selector import Selector, parse

_ANYWHERE: Final = Side()


def criteria(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Rule` that say what it matches."""
    found: dict[str, Any] = {
        "source": _side(rule.get("source") or {}),
        "destination": _side(rule.get("destination") or {}),
    }
    if "ipVersion" in rule:
        found["ip_version"] = rule["ipVersion"]
    for field, name in (("protocol", "protocol"), ("notProtocol", "not_protocol")):
        if field in rule:
            number = protocol_number(rule[field])
            found[name] = _NO_PROTOCOL if number is None else number
    for field, name in (("icmp", "icmp"), ("notICMP", "not_icmp")):
        if rule.get(field):
            found[name] = Icmp(rule[field].get("type"), rule[field].get("code"))
    return found


_NO_PROTOCOL: Final = -1
"""What no packet has."""


def _side(entity: Mapping[str, Any]) -> Side:
    if not entity:
        return _ANYWHERE
    return Side(
        _selectors(combined_selector(entity.get("selector", ""), "&&", entity.get("tag"))),
        _selectors(combined_selector(entity.get("notSelector", ""), "||", entity.get("notTag"))),
        tuple(map(network, entity.get("nets", ()))),
        tuple(map(network, entity.get("notNets", ()))),
        ports_of(entity.get("ports")),
        ports_of(entity.get("notPorts")),
    )


def _selectors(text: str) -> tuple[Selector, ...]:
    return (parse(text),) if text else ()


def ports_of(ports: Iterable[int | str] | None) -> Intervals | None:
    """The numbers that ports and ranges mean, and None any; a named port, which v1 does not have, is none of them."""
    return intervals.union(map(_run, ports)) if ports else None


def _run(port: int | str) -> tuple[int, int]:
    first, _, last = str(port).partition(":")
    if not (first.isdigit() and (last or first).isdigit()):
        return (0, 0)
    return (int(first), int(last or first) + 1)
