"""Findings in each form of output: text, JSON, SARIF, JUnit XML, annotations of GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from calicoctl.errors import Position, Problem
from calicoctl.findings import (
    MANIFEST_RULES,
    CheckedResource,
    CheckResult,
    Finding,
    RuleDoc,
    Severity,
    findings_from_problems,
)
from calicoctl.printers.findings import OUTPUT_FORMATS, get_formatter
from calicoctl.printers.findings.sarif import uri_for
from calicoctl.storage import PREFIX

SARIF = Draft7Validator(
    json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=FormatChecker(),
)

TYPO = Problem(Position("a.yaml", 9, 13), "policy/web", "spec.ingress[0].action", "'alow' is not allowed", "schema")
SELECTOR = Problem(Position("a.yaml", 12, 4), "policy/web", "spec.selector", "expected '=='", "selector")
TWICE = Problem(Position("a.yaml", 20, 3), "policy/db", "", "the same resource is there twice", "duplicate")
MISSING = Problem(Position("b.yaml"), "", "", "can't be read: No such file or directory", "unreadable")
WORD = Problem(Position("a.yaml", 21, 5), "policy/db", "metadata.labels.x", "'no' is taken as text", "ambiguous-text")
FOUND = findings_from_problems([SELECTOR, TYPO, TWICE, MISSING], [WORD])
SUBJECTS = (
    CheckedResource(Position("a.yaml", 1, 3), "policy/ok"),
    CheckedResource(Position("a.yaml", 7, 3), "policy/web"),
    CheckedResource(Position("a.yaml", 20, 3), "policy/db"),
)


def checked(findings: Sequence[Finding] = (), subjects: Sequence[CheckedResource] = SUBJECTS) -> CheckResult:
    sources = dict.fromkeys(
        [subject.position.source for subject in subjects] + [each.problem.position.source for each in findings]
    )
    return CheckResult(findings, "all is fine", MANIFEST_RULES, tuple(sources), lambda: subjects)


def show(form: str, findings: Sequence[Finding] = (), subjects: Sequence[CheckedResource] = SUBJECTS) -> str:
    return get_formatter(form)(checked(findings, subjects))


def one(**changes: Any) -> tuple[Finding]:
    """A single finding; the keywords are those of Problem, and `severity`."""
    severity = changes.pop("severity", Severity.ERROR)
    problem = {"position": Position("a.yaml", 1, 2), "subject": "policy/web", "path": "", "message": "wrong", **changes}
    return (Finding(Problem(**problem), severity),)


def test_findings_come_by_their_places_and_only_errors_fail() -> None:
    assert [finding.problem for finding in FOUND] == [TYPO, SELECTOR, TWICE, WORD, MISSING]
    assert checked(FOUND).failed
    assert not checked(findings_from_problems([], [WORD])).failed
    assert not checked().failed


@pytest.mark.parametrize("form", OUTPUT_FORMATS)
def test_every_form_ends_its_last_line(form: str) -> None:
    for findings in ((), FOUND):
        text = show(form, findings)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


# --- text --------------------------------------------------------------------------------------------------


def test_text_has_the_lines_of_every_other_message() -> None:
    assert show("text", FOUND).splitlines() == [
        "a.yaml:9:13: policy/web: spec.ingress[0].action: 'alow' is not allowed",
        "a.yaml:12:4: policy/web: spec.selector: expected '=='",
        "a.yaml:20:3: policy/db: the same resource is there twice",
        "warning: a.yaml:21:5: policy/db: metadata.labels.x: 'no' is taken as text",
        "b.yaml: can't be read: No such file or directory",
    ]


def test_text_says_that_all_is_fine_also_with_warnings() -> None:
    assert show("text") == "all is fine\n"
    assert show("text", findings_from_problems([], [WORD])).splitlines()[1:] == ["all is fine"]


# --- json --------------------------------------------------------------------------------------------------


def test_json_has_the_same_fields_for_each() -> None:
    entries = json.loads(show("json", FOUND))
    assert entries[0] == {
        "severity": "error",
        "code": "schema",
        "kind": "policy",
        "name": "web",
        "file": "a.yaml",
        "line": 9,
        "column": 13,
        "path": "spec.ingress[0].action",
        "message": "'alow' is not allowed",
    }
    assert entries[3]["severity"] == "warning"
    unknown = {name for name, value in entries[4].items() if value is None}
    assert unknown == {"kind", "name", "line", "column", "path"}
    assert {tuple(entry) for entry in entries} == {tuple(entries[0])}
    assert json.loads(show("json")) == []


@pytest.mark.parametrize(
    ("subject", "kind", "name"),
    [
        ("hostEndpoint/host1/eth0", "hostEndpoint", "host1/eth0"),
        ("policy/?", "policy", None),
        ("?/?", None, None),
        ("", None, None),
    ],
)
def test_json_tells_kind_from_name(subject: str, kind: str | None, name: str | None) -> None:
    (entry,) = json.loads(show("json", one(subject=subject)))
    assert (entry["kind"], entry["name"]) == (kind, name)


# --- sarif -------------------------------------------------------------------------------------------------


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The one run, after the official schema has had its say."""
    log = json.loads(show("sarif", findings))
    assert [error.message for error in SARIF.iter_errors(log)] == []
    (run,) = log["runs"]
    return dict(run)


def test_the_schema_of_sarif_is_at_work() -> None:
    log = json.loads(show("sarif", FOUND))
    log["runs"][0]["results"][0]["level"] = "fatal"
    del log["runs"][0]["tool"]["driver"]["name"]
    assert len(list(SARIF.iter_errors(log))) == 2


def test_sarif_without_findings_still_has_results() -> None:
    run = sarif(())
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(MANIFEST_RULES)


def test_sarif() -> None:
    run = sarif(FOUND)
    results = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [each.problem.code for each in FOUND]
    assert [result["ruleId"] for result in results] == [each.problem.code for each in FOUND]
    assert [result["level"] for result in results] == ["error", "error", "error", "warning", "error"]
    assert results[0]["message"]["text"] == "policy/web: spec.ingress[0].action: 'alow' is not allowed"
    place = results[0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a.yaml"}, "region": {"startLine": 9, "startColumn": 13}}
    assert run["columnKind"] == "unicodeCodePoints"
    # A region begins at line 1 at least: what concerns the whole file has none.
    assert results[4]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "b.yaml"}}}]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("-", "stdin"),
        ("a.yaml", "a.yaml"),
        ("./policies/a.yaml", "policies/a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("my policies/50%#1?.yaml", "my%20policies/50%25%231%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),  # not a URI of a scheme `a`
        ("Grüße.yaml", "Gr%C3%BC%C3%9Fe.yaml"),
        ("latin-\udcfc.yaml", "latin-%FC.yaml"),
        ("/etc/calico/a b.yaml", "file:///etc/calico/a%20b.yaml"),
        (f"{PREFIX}profiles/web", "etcd:/calico/resources/v3/projectcalico.org/profiles/web"),
    ],
)
def test_uris(source: str, uri: str) -> None:
    assert uri_for(source) == uri
    sarif(one(position=Position(source, 1, 1)))


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_a_uri_is_ascii_and_names_the_file(name: str) -> None:
    uri = uri_for(f"x{name}")
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", uri)
    assert unquote(uri) == f"x{name}"


# --- junit -------------------------------------------------------------------------------------------------


def test_junit_has_a_suite_a_file_and_a_case_a_resource() -> None:
    root = Xml.fromstring(show("junit", FOUND))
    assert root.tag == "testsuites"
    assert root.attrib == {"name": "calicoctl", "tests": "4", "failures": "3", "errors": "0"}
    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root]
    assert suites == [("a.yaml", "3", "2"), ("b.yaml", "1", "1")]
    cases = [(case.get("name"), case.find("failure") is not None) for case in root.iter("testcase")]
    assert cases == [("policy/ok", False), ("policy/web", True), ("policy/db", True), ("b.yaml", True)]


def test_a_case_has_one_failure_with_all_problems_and_warnings_are_none() -> None:
    cases = {case.get("name"): case for case in Xml.fromstring(show("junit", FOUND)).iter("testcase")}
    (failure,) = cases["policy/web"]
    assert failure.get("type") == "schema"
    assert failure.get("message") == "spec.ingress[0].action: 'alow' is not allowed (and 1 more)"
    assert failure.text == f"{TYPO}\n{SELECTOR}"
    assert [part.tag for part in cases["policy/db"]] == ["failure", "system-out"]
    assert cases["policy/db"].findtext("system-out") == f"warning: {WORD}"
    root = Xml.fromstring(show("junit", findings_from_problems([], [WORD])))
    assert (root.get("failures"), len(list(root.iter("system-out")))) == ("0", 1)


def test_junit_of_nothing_is_a_document() -> None:
    root = Xml.fromstring(show("junit", (), ()))
    assert (root.get("tests"), len(root)) == ("0", 0)


def test_resources_of_the_same_name_are_told_apart_by_their_places() -> None:
    subjects = [CheckedResource(Position("a.yaml", line, 3), "hostEndpoint/eth0") for line in (1, 11, 21)]
    found = one(position=Position("a.yaml", 15, 9), subject="hostEndpoint/eth0")
    cases = list(Xml.fromstring(show("junit", found, subjects)).iter("testcase"))
    assert [len(case) for case in cases] == [0, 1, 0]


@given(st.text(), st.text())
def test_junit_is_well_formed_whatever_a_message_holds(message: str, subject: str) -> None:
    found = one(message=message, subject=subject)
    root = Xml.fromstring(show("junit", found).encode("utf-8"))
    assert root.get("failures") == "1"


# --- github ------------------------------------------------------------------------------------------------


def test_github_annotates_lines() -> None:
    assert show("github", FOUND).splitlines() == [
        "::error file=a.yaml,line=9,col=13,title=policy/web%3A spec.ingress[0].action::'alow' is not allowed",
        "::error file=a.yaml,line=12,col=4,title=policy/web%3A spec.selector::expected '=='",
        "::error file=a.yaml,line=20,col=3,title=policy/db::the same resource is there twice",
        "::warning file=a.yaml,line=21,col=5,title=policy/db%3A metadata.labels.x::'no' is taken as text",
        "::error file=b.yaml,title=unreadable::can't be read: No such file or directory",
    ]


def test_github_without_errors_says_so_in_the_log() -> None:
    assert show("github") == "all is fine\n"


def test_github_stdin_is_no_file() -> None:
    assert show("github", one(position=Position("-", 3, 4))) == "::error title=policy/web::-:3:4: wrong\n"


def test_github_takes_paths_from_the_root_of_the_repository() -> None:
    text = show("github", one(position=Position("./p/a.yaml", 3, 4)))
    assert text.startswith("::error file=p/a.yaml,line=3,col=4,")


def test_github_escapes() -> None:
    found = one(position=Position("50%,a:b\n.yaml", 1, 1), subject="policy/a,b", message="100%: x, y\r\n::error::z")
    assert show("github", found) == (
        "::error file=50%25%2Ca%3Ab%0A.yaml,line=1,col=1,title=policy/a%2Cb::100%25: x, y%0D%0A::error::z\n"
    )


PAGE = RuleDoc("a-name", Severity.NOTE, "Why.", "# All of it")


def with_page(form: str, fails_from: Severity | None) -> str:
    """A note with a code that has a page, and a warning with one that has none."""
    note = Finding(replace(TYPO, code="selector"), Severity.NOTE, ("more of it",))
    found = checked((note, Finding(WORD, Severity.WARNING)))
    return get_formatter(form)(replace(found, fail_level=fails_from, rule_docs={"selector": PAGE}))


@pytest.mark.parametrize("form", ["text", "github", "junit"])
def test_a_code_with_a_page_is_shown_with_its_findings(form: str) -> None:
    printed = with_page(form, Severity.ERROR)
    assert "'alow' is not allowed [selector]" in printed
    assert "is taken as text [" not in printed


@pytest.mark.parametrize(
    ("fails_from", "failures"), [(None, 0), (Severity.ERROR, 0), (Severity.WARNING, 1), (Severity.NOTE, 2)]
)
def test_what_is_as_bad_as_the_limit_fails(fails_from: Severity | None, failures: int) -> None:
    assert ("all is fine" in with_page("text", fails_from)) == (failures == 0)
    assert ("all is fine" in with_page("github", fails_from)) == (failures == 0)
    root = Xml.fromstring(with_page("junit", fails_from))
    assert (root.get("failures"), len(list(root.iter("system-out")))) == (str(failures), 2 - failures)


def test_a_note_is_a_note_in_every_form() -> None:
    assert with_page("text", None).startswith("note: a.yaml:9:13: ")
    assert with_page("github", None).startswith("::notice file=a.yaml,line=9,col=13,")
    assert json.loads(with_page("json", None))[0]["severity"] == "note"
    log = json.loads(with_page("sarif", None))
    SARIF.validate(log)
    (run,) = log["runs"]
    assert [result["level"] for result in run["results"]] == ["note", "warning"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["selector"]["defaultConfiguration"] == {"level": "note"}
    assert (rules["selector"]["fullDescription"]["text"], rules["selector"]["help"]["text"]) == ("Why.", "# All of it")
    assert set(rules["schema"]) == {"id", "shortDescription"}
