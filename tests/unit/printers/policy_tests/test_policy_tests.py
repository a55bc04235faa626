"""Results of policy tests in every output format."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.printers import formats
from tests.support.policy_test_reports import MIXED_REPORT, PASSED_REPORT, case_result, make_report, render


@pytest.mark.parametrize("form", [each.name for each in formats.POLICY_TESTS])
def test_every_format_is_deterministic_and_ends_with_one_line_break(form: str) -> None:
    for what in (MIXED_REPORT, PASSED_REPORT):
        text = render(form, what, asked=True)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert text == render(form, what, asked=True)


@given(st.text(), st.sampled_from(["junit", "github", "json", "text"]))
def test_any_name_can_be_printed(name: str, form: str) -> None:
    text = render(form, make_report(case_result(name, 7, None)))
    if form == "junit":
        assert Xml.fromstring(text.encode()).get("failures") == "1"
    if form == "json":
        assert json.loads(text)["tests"][0]["cases"][0]["name"] == name
