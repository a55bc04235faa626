"""Findings as a Code Quality report of GitLab."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from calicoctl.errors import Position
from calicoctl.findings import Finding, Severity
from tests.support.findings import FINDINGS, TYPO, render, single_finding


def issues(*args: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render("gitlab", *args))
    return found


def test_every_finding_is_an_issue_of_a_line() -> None:
    found = issues(FINDINGS)
    assert [(each["check_name"], each["severity"], each["location"]) for each in found] == [
        ("schema", "major", {"path": "a.yaml", "lines": {"begin": 9}}),
        ("selector", "major", {"path": "a.yaml", "lines": {"begin": 12}}),
        ("duplicate", "major", {"path": "a.yaml", "lines": {"begin": 20}}),
        ("ambiguous-text", "minor", {"path": "a.yaml", "lines": {"begin": 21}}),
        ("unreadable", "major", {"path": "b.yaml", "lines": {"begin": 1}}),
    ]
    assert found[0]["description"] == "policy/web: spec.ingress[0].action: 'alow' is not allowed"
    assert all(each.keys() == {"description", "check_name", "fingerprint", "severity", "location"} for each in found)
    assert issues([Finding(TYPO, Severity.NOTE)])[0]["severity"] == "info"


def test_without_findings_the_report_is_an_empty_list() -> None:
    assert render("gitlab") == "[]\n"


def test_paths_are_relative_to_the_root_of_the_repository() -> None:
    (issue,) = issues(single_finding(position=Position("./p/a.yaml", 3, 4)))
    assert issue["location"]["path"] == "p/a.yaml"
    (issue,) = issues(single_finding(position=Position("-", 3, 4)))
    assert issue["location"]["path"] == "stdin"


def test_fingerprints_are_unique_and_independent_of_lines_and_messages() -> None:
    fingerprints = [each["fingerprint"] for each in issues(FINDINGS)]
    assert len(set(fingerprints)) == len(fingerprints)
    moved = [
        replace(each, problem=replace(each.problem, position=each.problem.position._replace(line=99), message="other"))
        for each in FINDINGS
    ]
    assert [each["fingerprint"] for each in issues(moved)] == fingerprints
    twice = [each["fingerprint"] for each in issues([Finding(TYPO), Finding(TYPO)])]
    assert (twice[0] == fingerprints[0], twice[1] in fingerprints) == (True, False)
    others = (replace(TYPO, subject="policy/x"), replace(TYPO, path="spec"), replace(TYPO, code="selector"))
    for other in others:
        assert issues([Finding(other)])[0]["fingerprint"] not in fingerprints
