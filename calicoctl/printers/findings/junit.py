"""Findings as JUnit XML for CI services: a suite for each file, a case for each resource.

Elements and attributes follow the schema of Jenkins for JUnit reports (`junit-10.xsd`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from calicoctl.findings import CheckedResource, CheckResult, Finding
from calicoctl.printable import clip
from calicoctl.printers.findings.xml_text import replace_invalid_xml


def format_result(result: CheckResult) -> str:
    """Return the XML document, indented."""
    root = Xml.Element("testsuites", name="calicoctl")
    subjects = result.checked_resources()
    for source in result.sources:
        file_subjects = [subject for subject in subjects if subject.position.source == source]
        _add_suite(root, source, file_subjects, result)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in root)))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _add_suite(root: Xml.Element, source: str, subjects: Sequence[CheckedResource], result: CheckResult) -> None:
    """Add the suite of a file. Findings outside of resources are in a case with the name of the file."""
    suite = Xml.SubElement(root, "testsuite", name=replace_invalid_xml(source))
    positions = [subject.position for subject in subjects]
    findings_by_case: list[list[Finding]] = [[] for _ in range(len(subjects) + 1)]
    for finding in (candidate for candidate in result.findings if candidate.problem.position.source == source):
        problem = finding.problem
        findings_by_case[bisect_right(positions, problem.position) if problem.subject else 0].append(finding)
    names = [source, *(subject.name for subject in subjects)]
    for name, case_findings in zip(names, findings_by_case, strict=True):
        if case_findings or name is not source:
            _add_case(suite, source, name, case_findings, result)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", "0")


def _add_case(suite: Xml.Element, source: str, name: str, findings: Sequence[Finding], result: CheckResult) -> None:
    """Add a case. It has a single failure for all of its failing findings: many readers show only one."""
    case = Xml.SubElement(
        suite, "testcase", name=replace_invalid_xml(clip(name)), classname=replace_invalid_xml(source), time="0"
    )
    failing = [finding for finding in findings if result.fails(finding)]
    others = [finding for finding in findings if not result.fails(finding)]
    if failing:
        first, more = failing[0].problem, len(failing) - 1
        message = ": ".join(filter(None, (first.path, first.message))) + (f" (and {more} more)" if more else "")
        failure = Xml.SubElement(case, "failure", type=first.code, message=replace_invalid_xml(message))
        failure.text = _format_findings(failing, result)
    if others:
        Xml.SubElement(case, "system-out").text = _format_findings(others, result)


def _format_findings(findings: Sequence[Finding], result: CheckResult) -> str:
    return "\n".join(
        replace_invalid_xml(line) for finding in findings for line in (result.format_finding(finding), *finding.details)
    )
