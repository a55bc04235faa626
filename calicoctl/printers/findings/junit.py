"""Findings as JUnit XML, which CI services show as tests: a suite for each file, a case for each resource.

The elements and attributes are those that Jenkins' schema for JUnit reports (`junit-10.xsd`) has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from calicoctl.findings import Checked, Finding, Subject
from calicoctl.printers.xmltext import clean


def show(checked: Checked) -> str:
    """The suites, one line for each element."""
    root = Xml.Element("testsuites", name="calicoctl")
    subjects = checked.subjects()
    for source in checked.sources:
        within = [subject for subject in subjects if subject.position.source == source]
        _suite(root, source, within, checked)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in root)))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _suite(root: Xml.Element, source: str, subjects: Sequence[Subject], checked: Checked) -> None:
    """The suite of a file. What belongs to no resource goes to a case of its own, which has the file's name."""
    suite = Xml.SubElement(root, "testsuite", name=clean(source))
    places = [subject.position for subject in subjects]
    found: list[list[Finding]] = [[] for _ in range(len(subjects) + 1)]
    for finding in (each for each in checked.findings if each.problem.position.source == source):
        problem = finding.problem
        found[bisect_right(places, problem.position) if problem.subject else 0].append(finding)
    names = [source, *(subject.name for subject in subjects)]
    for name, theirs in zip(names, found, strict=True):
        if theirs or name is not source:
            _case(suite, source, name, theirs, checked)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", "0")


def _case(suite: Xml.Element, source: str, name: str, findings: Sequence[Finding], checked: Checked) -> None:
    """A case. It has one failure with all that fails in it, since many readers show no more than one."""
    case = Xml.SubElement(suite, "testcase", name=clean(name), classname=clean(source), time="0")
    failing = [finding for finding in findings if checked.fails(finding)]
    others = [finding for finding in findings if not checked.fails(finding)]
    if failing:
        first, more = failing[0].problem, len(failing) - 1
        message = ": ".join(filter(None, (first.path, first.message))) + (f" (and {more} more)" if more else "")
        failure = Xml.SubElement(case, "failure", type=first.code, message=clean(message))
        failure.text = _lines(failing, checked)
    if others:
        Xml.SubElement(case, "system-out").text = _lines(others, checked)


def _lines(findings: Sequence[Finding], checked: Checked) -> str:
    return "\n".join(clean(line) for finding in findings for line in (checked.line(finding), *finding.details))
