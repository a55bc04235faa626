"""Results of policy tests in each form of output: text, JSON, JUnit XML, TAP, annotations of GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.analysis import PolicySet
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.policy_tests.cases import CaseEvaluator, Expectation
from calicoctl.analysis.policy_tests.coverage import compute_coverage
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, services_of_protocol
from calicoctl.errors import Position
from calicoctl.operations.load.expectations import PolicyTestCase
from calicoctl.operations.test import CaseResult, SuiteResult, TestReport
from calicoctl.printers.policy_tests import OUTPUT_FORMATS, format_output
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from tests.analysed import policies_of

RULE = {"action": "allow", "protocol": "tcp", "source": {}, "destination": {"ports": [22]}}
PROFILE = {"kind": "profile", "metadata": {"name": "p"}, "spec": {"ingress": [RULE], "egress": [RULE]}}
FOUND: PolicySet = policies_of([PROFILE])
OUTSIDE, INSIDE = Peer("outside", networks=ALL_ADDRESSES), Peer("p", FOUND.endpoints)
SSH = Expectation(OUTSIDE, INSIDE, services_of_protocol(6, None, (22, 23)), services_of_protocol(6, None, (22, 23)))
NONE = Expectation(OUTSIDE, INSIDE, ALL_SERVICES, NO_SERVICES)


def judged(name: str, line: int, expectation: Expectation | None, file: str = "a.yaml") -> CaseResult:
    verdict = CaseEvaluator(FOUND, [expectation]).evaluate(expectation) if expectation else None
    return CaseResult(
        PolicyTestCase("t", name, Position(file, line, 5), "deny", expectation, "" if verdict else "nobody"), verdict
    )


def report(*cases: CaseResult) -> TestReport:
    suite = SuiteResult("t", Position("a.yaml", 1, 1), "1 profile", ("a note",), cases)
    rules = [rule for case in cases if case.verdict for rule in case.verdict.deciding_rules]
    return TestReport((suite,), compute_coverage([(FOUND, rules)]))


MIXED = report(judged("ssh", 7, SSH), judged("nothing", 11, NONE), judged("gone", 15, None))
FINE = report(judged("ssh", 7, SSH))


def printed(form: str, what: TestReport = MIXED, *, asked: bool = False, least: float | None = None) -> str:
    return format_output(form, PolicyTestOutput(what, what.coverage if asked or least is not None else None, least))


@pytest.mark.parametrize("form", OUTPUT_FORMATS)
def test_every_form_ends_its_last_line_and_is_the_same_each_time(form: str) -> None:
    for what in (MIXED, FINE):
        text = printed(form, what, asked=True)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert text == printed(form, what, asked=True)


def test_text_is_coloured_where_it_is_asked_for() -> None:
    shown = PolicyTestOutput(MIXED, None, None, lambda word: f"<{word}>")
    words = [line.split()[0] for line in format_output("text", shown).splitlines() if line.startswith("  <")]
    assert words == ["<ok>", "<FAILED>", "<FAILED>"]
    assert printed("text", FINE).splitlines() == [
        "policyTest/t (1 profile)",
        "  ok ssh (a.yaml:7)",
        "1 passed, 0 failed",
    ]


def test_json_has_the_same_fields_for_each() -> None:
    value = json.loads(printed("json"))
    assert (value["formatVersion"], value["passed"], value["failed"]) == (1, 1, 2)
    (test,) = value["tests"]
    assert {tuple(each) for each in test["cases"]} == {
        ("name", "file", "line", "status", "expected", "message", "failures")
    }
    assert [each["status"] for each in test["cases"]] == ["passed", "failed", "vacuous"]
    assert test["notes"] == ["a note"]
    assert value["coverage"]["percent"] == 50.0


# --- TAP -----------------------------------------------------------------------------------------------------


def points(text: str) -> list[tuple[bool, int, str, Any]]:
    """The test points of TAP 14, read strictly: whether it is ok, its number, description, and YAML."""
    first, plan, *lines = text.splitlines()
    assert first == "TAP version 14"
    found: list[tuple[bool, int, str, Any]] = []
    block: list[str] | None = None
    for line in lines:
        if block is not None:
            assert line.startswith("  ")
            if line == "  ...":
                found[-1] = (*found[-1][:3], yaml.safe_load("\n".join(block)))
                block = None
            else:
                block.append(line[2:])
        elif line == "  ---":
            assert found[-1][3] is None
            block = []
        elif not line.startswith("#"):
            match = re.fullmatch(r"(not )?ok (\d+) - ((?:[^\\#]|\\[\\#])*)", line)
            assert match, line
            found.append((not match[1], int(match[2]), re.sub(r"\\(.)", r"\1", match[3]), None))
    assert block is None
    assert plan == f"1..{len(found)}"
    assert [number for _, number, _, _ in found] == list(range(1, len(found) + 1))
    return found


def test_tap() -> None:
    found = points(printed("tap"))
    assert [(ok, description) for ok, _, description, _ in found] == [
        (True, "t: ssh"),
        (False, "t: nothing"),
        (False, "t: gone"),
    ]
    assert found[0][3] is None
    assert found[1][3]["message"] == "expected deny, but tcp 22 is allowed"
    assert found[1][3]["at"] == {"file": "a.yaml", "line": 11}
    assert found[1][3]["explanation"][0].startswith("example: tcp 22 (source port 49152) from outside (198.51.100.1)")
    assert found[2][3] == {"message": "vacuous: nobody", "severity": "fail", "at": {"file": "a.yaml", "line": 15}}


def test_tap_has_a_point_for_the_coverage_that_is_asked_for() -> None:
    assert "# coverage: 1 of 2 rules decide in a case (50%)\n" in printed("tap", asked=True)
    for least, ok in ((50, True), (50.5, False)):
        assert points(printed("tap", least=least))[-1][0] is ok


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1))
def test_tap_holds_any_name(name: str) -> None:
    for line in printed("tap", report(judged(name, 7, None, file=f"{name}.yaml"))).split("\n")[2:3]:
        description = re.sub(r"\\(.)", r"\1", line.removeprefix("not ok 1 - "), flags=re.DOTALL)
        assert description.split("t: ", 1)[1] == _shown(name)


def _shown(name: str) -> str:
    return name if name.isprintable() else repr(name)[1:-1]


# --- JUnit and GitHub, as of findings ------------------------------------------------------------------------


def test_junit_has_a_case_for_each_with_its_explanation() -> None:
    root = Xml.fromstring(printed("junit"))
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
    root = Xml.fromstring(printed("junit", FINE, least=80))
    (case,) = [case for case in root.iter("testcase") if len(case)]
    assert (case.get("name"), case[0].get("message")) == ("a.yaml", "coverage is 50%, but 80% is asked for")
    assert printed("github", FINE, least=80) == (
        "::error file=a.yaml,title=coverage::coverage is 50%25, but 80%25 is asked for\n"
    )
    assert Xml.fromstring(printed("junit", FINE, least=50)).get("failures") == "0"


def test_github_annotates_the_cases_that_did_not_pass() -> None:
    first, second = printed("github").splitlines()
    assert first.startswith(
        "::error file=a.yaml,line=11,col=5,title=t%3A nothing::expected deny, but tcp 22 is allowed%0Aexample: tcp 22"
    )
    assert second == "::error file=a.yaml,line=15,col=5,title=t%3A gone::vacuous: nobody"
    assert printed("github", FINE) == "1 passed, 0 failed\n"


@given(st.text(), st.sampled_from(["junit", "github", "json", "text"]))
def test_any_name_can_be_printed(name: str, form: str) -> None:
    text = printed(form, report(judged(name, 7, None)))
    if form == "junit":
        assert Xml.fromstring(text.encode()).get("failures") == "1"
    if form == "json":
        assert json.loads(text)["tests"][0]["cases"][0]["name"] == name


def names(what: Sequence[CaseResult]) -> list[str]:
    return [each.case.name for each in what]


def test_a_report_counts() -> None:
    assert (names(MIXED.cases), MIXED.failed, FINE.failed) == (["ssh", "nothing", "gone"], 2, 0)
