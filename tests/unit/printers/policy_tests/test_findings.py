"""Results of policy tests as JUnit XML and annotations of GitHub Actions."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from tests.support.policy_test_reports import PASSED_REPORT, render

# --- JUnit and GitHub, as of findings ------------------------------------------------------------------------


def test_junit_has_a_case_for_each_with_its_explanation() -> None:
    root = Xml.fromstring(render("junit"))
    assert root.attrib == {"name": "calicoctl", "tests": "3", "failures": "2", "errors": "0"}
    (suite,) = root
    assert (suite.tag, suite.get("name"), suite.get("tests"), suite.get("failures")) == (
        "testsuite",
        "a.yaml",
        "3",
        "2",
    )
    cases = list(suite)
    assert [(case.get("name"), case.get("classname"), len(case)) for case in cases] == [
        ("t: ssh", "a.yaml", 0),
        ("t: nothing", "a.yaml", 1),
        ("t: gone", "a.yaml", 1),
    ]
    failure, vacuous = cases[1][0], cases[2][0]
    assert (failure.tag, failure.get("type")) == ("failure", "failed")
    assert failure.get("message") == "expected deny, but tcp 22 is allowed"
    lines = (failure.text or "").splitlines()
    assert lines[0] == "a.yaml:11:5: t: nothing: expected deny, but tcp 22 is allowed"
    assert any(
        line.startswith("ingress of an endpoint of profile/p: allowed by profile/p ingress[0]") for line in lines
    )
    assert (vacuous.get("type"), vacuous.get("message")) == ("vacuous", "vacuous: nobody")


def test_coverage_that_is_too_low_is_a_failure_of_the_file() -> None:
    root = Xml.fromstring(render("junit", PASSED_REPORT, minimum=80))
    (case,) = [case for case in root.iter("testcase") if len(case)]
    assert (case.get("name"), case[0].get("message")) == ("a.yaml", "coverage is 50%, but 80% is required")
    assert render("github", PASSED_REPORT, minimum=80) == (
        "::error file=a.yaml,title=coverage::coverage is 50%25, but 80%25 is required\n"
    )
    assert Xml.fromstring(render("junit", PASSED_REPORT, minimum=50)).get("failures") == "0"


def test_github_annotates_the_cases_that_did_not_pass() -> None:
    first, second = render("github").splitlines()
    assert first.startswith(
        "::error file=a.yaml,line=11,col=5,title=t%3A nothing::expected deny, but tcp 22 is allowed%0Aexample: tcp 22"
    )
    assert second == "::error file=a.yaml,line=15,col=5,title=t%3A gone::vacuous: nobody"
    assert render("github", PASSED_REPORT) == "1 passed, 0 failed\n"
