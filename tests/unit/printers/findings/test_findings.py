"""Findings in every output format."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from calicoctl.findings import (
    Finding,
    RuleDoc,
    Severity,
    findings_from_problems,
)
from calicoctl.printers import formats
from tests.support.findings import FINDINGS, MISSING, SELECTOR, TWICE, TYPO, WORD, check_result, render
from tests.support.sarif import SARIF_VALIDATOR


def test_findings_are_sorted_by_position_and_only_errors_fail() -> None:
    assert [finding.problem for finding in FINDINGS] == [TYPO, SELECTOR, TWICE, WORD, MISSING]
    assert check_result(FINDINGS).failed
    assert not check_result(findings_from_problems([], [WORD])).failed
    assert not check_result().failed


@pytest.mark.parametrize("form", [each.name for each in formats.FINDINGS])
def test_every_format_ends_with_one_line_break(form: str) -> None:
    for findings in ((), FINDINGS):
        text = render(form, findings)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


RULE_DOC = RuleDoc("a-name", Severity.NOTE, "Why.", "# All of it")


def render_with_rule_doc(form: str, fails_from: Severity | None) -> str:
    """A note with a code that has a page, and a warning with one that has none."""
    note = Finding(replace(TYPO, code="selector"), Severity.NOTE, ("more of it",))
    found = check_result((note, Finding(WORD, Severity.WARNING)))
    return formats.FINDINGS.select(form).load()(replace(found, fail_level=fails_from, rule_docs={"selector": RULE_DOC}))


@pytest.mark.parametrize("form", ["text", "github", "junit", "gitlab"])
def test_documented_codes_are_printed_with_findings(form: str) -> None:
    printed = render_with_rule_doc(form, Severity.ERROR)
    assert "'alow' is not allowed [selector]" in printed
    assert "is taken as text [" not in printed


@pytest.mark.parametrize(
    ("fails_from", "failures"), [(None, 0), (Severity.ERROR, 0), (Severity.WARNING, 1), (Severity.NOTE, 2)]
)
def test_findings_of_the_fail_level_fail(fails_from: Severity | None, failures: int) -> None:
    assert ("all is fine" in render_with_rule_doc("text", fails_from)) == (failures == 0)
    assert ("all is fine" in render_with_rule_doc("github", fails_from)) == (failures == 0)
    root = Xml.fromstring(render_with_rule_doc("junit", fails_from))
    assert (root.get("failures"), len(list(root.iter("system-out")))) == (str(failures), 2 - failures)


def test_every_format_has_the_severity() -> None:
    assert render_with_rule_doc("text", None).startswith("note: a.yaml:9:13: ")
    assert render_with_rule_doc("github", None).startswith("::notice file=a.yaml,line=9,col=13,")
    assert json.loads(render_with_rule_doc("json", None))[0]["severity"] == "note"
    assert json.loads(render_with_rule_doc("gitlab", None))[0]["severity"] == "info"
    log = json.loads(render_with_rule_doc("sarif", None))
    SARIF_VALIDATOR.validate(log)
    (run,) = log["runs"]
    assert [result["level"] for result in run["results"]] == ["note", "warning"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["selector"]["defaultConfiguration"] == {"level": "note"}
    assert (rules["selector"]["fullDescription"]["text"], rules["selector"]["help"]["text"]) == ("Why.", "# All of it")
    assert set(rules["schema"]) == {"id", "shortDescription"}
