"""Connectivity in every output format."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers import formats
from tests.support.connectivity_answers import SHOP, make_result, many_groups, profile, render, rule


@pytest.mark.parametrize("form", [each.name for each in formats.CONNECTIVITY])
def test_every_form_ends_its_last_line_and_is_always_the_same(form: str) -> None:
    for manifests in ([], SHOP, many_groups(30)):
        text = render(form, make_result(manifests))
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert text == render(form, make_result(manifests))


@pytest.mark.parametrize(("form", "most"), [("dot", 1000), ("mermaid", 500)])
def test_a_graph_that_nobody_could_read_is_refused(form: str, most: int) -> None:
    with pytest.raises(UsageError, match=rf"-o {form}: [\d,]+ arrows exceed the limit of {most:,} \(use"):
        render(form, make_result(profile(f"p{number}", [rule(protocol=number)], [rule()]) for number in range(40, 80)))
