"""Connectivity in every output format."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers import formats
from tests.support.connectivity_answers import SHOP, make_result, many_groups, profile, render, rule


@pytest.mark.parametrize("output_format", [each.name for each in formats.CONNECTIVITY])
def test_every_format_is_deterministic_and_ends_with_a_line_break(output_format: str) -> None:
    for manifests in ([], SHOP, many_groups(30)):
        text = render(output_format, make_result(manifests))
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert text == render(output_format, make_result(manifests))


@pytest.mark.parametrize(("output_format", "limit"), [("dot", 1000), ("mermaid", 500)])
def test_a_graph_with_too_many_arrows_is_rejected(output_format: str, limit: int) -> None:
    with pytest.raises(UsageError, match=rf"-o {output_format}: [\d,]+ arrows exceed the limit of {limit:,} \(use"):
        render(
            output_format,
            make_result(profile(f"p{number}", [rule(protocol=number)], [rule()]) for number in range(40, 80)),
        )
