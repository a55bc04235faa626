"""Order of resources by a field."""

from __future__ import annotations

import pytest

from calicoctl.printers.resources.order import parse_sort_field, sort_resources
from tests.support.printed_resources import make_resource


@pytest.mark.parametrize(
    "names",
    [
        ["1", "a", "a1", "a2", "a10", "a10b2", "a10b10", "b"],
        ["a²", "a³", "²"],
        ["web-2", "web-10", "web-a"],
    ],
)
def test_digits_in_texts_are_compared_as_numbers(names: list[str]) -> None:
    resources = [make_resource("profile", {"name": name}) for name in reversed(names)]
    path = parse_sort_field(".metadata.name")
    assert [each.identifier.name for each in sort_resources(resources, path, "name")] == names


def test_missing_values_numbers_and_texts() -> None:
    protocols: dict[str, object] = {"none": None, "low": 6, "high": 17, "text": "icmp", "last": "udp"}
    rules = {name: [{"action": "allow", **({"protocol": each} if each else {})}] for name, each in protocols.items()}
    resources = [make_resource("policy", {"name": name}, {"ingress": rule}) for name, rule in rules.items()]
    path = parse_sort_field("{.spec.ingress[0].protocol}")
    assert [each.identifier.name for each in sort_resources(resources[::-1], path, "")] == list(protocols)
