"""Networks in names: networks within networks alternate, so that each address is in exactly one reading."""

from __future__ import annotations

import pytest

from calicoctl.analysis.peers.address_names import NetworkExpression
from calicoctl.analysis.sets.addresses import parse_network


@pytest.mark.parametrize(
    ("included", "excluded", "text"),
    [
        ("10.0.0.0/8", "", " in 10.0.0.0/8"),
        ("fd00::/8 10.0.0.0/8", "", " in 10.0.0.0/8 or fd00::/8"),
        ("10.0.0.0/8", "10.1.0.0/16", " in 10.0.0.0/8 but not in 10.1.0.0/16"),
        ("10.0.0.0/8 10.1.2.0/24", "10.1.0.0/16", " in 10.0.0.0/8 but not in 10.1.0.0/16 except 10.1.2.0/24"),
        (
            "10.0.0.0/8 10.1.2.0/24",
            "10.1.0.0/16 10.1.2.0/28",
            " in 10.0.0.0/8 but not in 10.1.0.0/16 except 10.1.2.0/24 but not in 10.1.2.0/28",
        ),
        (
            "10.0.0.0/8 10.1.2.0/24 192.0.2.0/24",
            "10.1.0.0/16",
            " in 10.0.0.0/8 or 192.0.2.0/24 but not in 10.1.0.0/16 except 10.1.2.0/24",
        ),
    ],
)
def test_nested_networks(included: str, excluded: str, text: str) -> None:
    nets = [tuple(map(parse_network, each.split())) for each in (included, excluded)]
    assert str(NetworkExpression(nets[0], nets[1], any_address=False)) == text


def test_all_addresses_but_nested_networks() -> None:
    roots = ("0.0.0.0/0", "::/0")
    assert str(NetworkExpression(tuple(map(parse_network, roots)), (), any_address=True)) == ""
    included = tuple(map(parse_network, (*roots, "10.1.0.0/16")))
    excluded = tuple(map(parse_network, ("10.0.0.0/8", "fd00::/8")))
    expected = " but not in 10.0.0.0/8 or fd00::/8 except 10.1.0.0/16"
    assert str(NetworkExpression(included, excluded, any_address=True)) == expected
