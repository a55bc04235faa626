"""Findings as JUnit XML, which CI services show as tests: a suite for each file, a case for each resource.

The elements and attributes are those that Jenkins' schema for JUnit reports (`junit-10.xsd`) has.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from calicoctl.findings import Checked, Finding, Severity, Subject

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def show(checked: Checked) -> str:
    """The suites, one line for each element."""
    root = Xml.Element("testsuites", name="calicoctl")
    subjects = checked.subjects()
    for source in checked.sources:
        within = [subject for subject in subjects if subject.position.source == source]
        _suite(root, source, within, [each for each in checked.findings if each.problem.position.source == source])
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in root)))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _suite(root: Xml.Element, source: str, subjects: Sequence[Subject], findings: Sequence[Finding]) -> None:
    """The suite of a file. What belongs to no resource goes to a case of its own, which has the file's name."""
    suite = Xml.SubElement(root, "testsuite", name=_text(source))
    places = [subject.position for subject in subjects]
    found: list[list[Finding]] = [[] for _ in range(len(subjects) + 1)]
    for finding in findings:
        problem = finding.problem
        found[bisect_right(places, problem.position) if problem.subject else 0].append(finding)
    names = [source, *(subject.name for subject in subjects)]
    for name, theirs in zip(names, found, strict=True):
        if theirs or name is not source:
            _case(suite, source, name, theirs)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", "0")


def _case(suite: Xml.Element, source: str, name: str, findings: Sequence[Finding]) -> None:
    """A case. It has one failure with all problems in it, since many readers show no more than one."""
    case = Xml.SubElement(suite, "testcase", name=_text(name), classname=_text(source), time="0")
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    warnings = [finding for finding in findings if finding.severity is not Severity.ERROR]
    if errors:
        first, more = errors[0].problem, len(errors) - 1
        message = ": ".join(filter(None, (first.path, first.message))) + (f" (and {more} more)" if more else "")
        failure = Xml.SubElement(case, "failure", type=first.code, message=_text(message))
        failure.text = _lines(errors)
    if warnings:
        Xml.SubElement(case, "system-out").text = _lines(warnings)


def _lines(findings: Sequence[Finding]) -> str:
    return "\n".join(_text(line) for finding in findings for line in (str(finding), *finding.details))


def _text(text: str) -> str:
    """The text without the characters that XML 1.0 (2.2) can't hold at all."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
