"""Findings as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from calicoctl.errors import Position
from calicoctl.findings import (
    CheckedResource,
    findings_from_problems,
)
from tests.support.findings import FINDINGS, SELECTOR, TYPO, WORD, render, single_finding

# --- junit -------------------------------------------------------------------------------------------------


def test_junit_has_a_suite_a_file_and_a_case_a_resource() -> None:
    root = Xml.fromstring(render("junit", FINDINGS))
    assert root.tag == "testsuites"
    assert root.attrib == {"name": "calicoctl", "tests": "4", "failures": "3", "errors": "0"}
    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root]
    assert suites == [("a.yaml", "3", "2"), ("b.yaml", "1", "1")]
    cases = [(case.get("name"), case.find("failure") is not None) for case in root.iter("testcase")]
    assert cases == [("policy/ok", False), ("policy/web", True), ("policy/db", True), ("b.yaml", True)]


def test_a_case_has_one_failure_with_all_problems_and_warnings_are_none() -> None:
    cases = {case.get("name"): case for case in Xml.fromstring(render("junit", FINDINGS)).iter("testcase")}
    (failure,) = cases["policy/web"]
    assert failure.get("type") == "schema"
    assert failure.get("message") == "spec.ingress[0].action: 'alow' is not allowed (and 1 more)"
    assert failure.text == f"{TYPO}\n{SELECTOR}"
    assert [part.tag for part in cases["policy/db"]] == ["failure", "system-out"]
    assert cases["policy/db"].findtext("system-out") == f"warning: {WORD}"
    root = Xml.fromstring(render("junit", findings_from_problems([], [WORD])))
    assert (root.get("failures"), len(list(root.iter("system-out")))) == ("0", 1)


def test_junit_of_nothing_is_a_document() -> None:
    root = Xml.fromstring(render("junit", (), ()))
    assert (root.get("tests"), len(root)) == ("0", 0)


def test_resources_of_the_same_name_are_distinguished_by_position() -> None:
    subjects = [CheckedResource(Position("a.yaml", line, 3), "hostEndpoint/eth0") for line in (1, 11, 21)]
    found = single_finding(position=Position("a.yaml", 15, 9), subject="hostEndpoint/eth0")
    cases = list(Xml.fromstring(render("junit", found, subjects)).iter("testcase"))
    assert [len(case) for case in cases] == [0, 1, 0]


@given(st.text(), st.text())
def test_junit_is_well_formed_for_any_message(message: str, subject: str) -> None:
    found = single_finding(message=message, subject=subject)
    root = Xml.fromstring(render("junit", found).encode("utf-8"))
    assert root.get("failures") == "1"
