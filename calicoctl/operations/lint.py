"""Implementation of `lint`: the findings of all checks, with positions and without suppressed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis import PolicySet
from calicoctl.analysis.lint import CHECKS, UNUSED_IGNORE, WRONG_IGNORE, Check, Issue, lint
from calicoctl.analysis.lint.facts.possible_endpoints import with_possible_endpoints
from calicoctl.analysis.model.policy_set import PolicySource
from calicoctl.errors import Position, Problem
from calicoctl.findings import CheckedResource, CheckResult, Finding, RuleDoc, Severity
from calicoctl.manifest.sources import Source
from calicoctl.operations.load.suppressions import Suppressions
from calicoctl.operations.policy_sets.sources import field_position
from calicoctl.resource import FieldPath, LocatedResource, field_path


class LintOptions(NamedTuple):
    """Options of `lint`."""

    fail_level: Severity | None
    """Lowest severity that fails the check; None never fails."""
    with_optional: bool = False
    """Whether to report the findings of optional checks."""


def run_lint(
    policy_set: PolicySet,
    sources: Sequence[Source],
    resources: Sequence[LocatedResource],
    basis: str,
    options: LintOptions,
) -> CheckResult:
    """Run all checks and return the findings that no comment suppresses.

    Args:
        policy_set: the policies to check.
        sources: the texts of the manifests; empty for a datastore.
        resources: the resources of the manifests.
        basis: description of the checked manifests or datastore.
        options: severity that fails the check, and optional checks.
    """
    suppressions = Suppressions(sources, [check.code for check in CHECKS])
    if with_possible_endpoints(policy_set):
        basis = f"{basis}, evaluated for all possible labels"
    findings = [
        _make_finding(check, issue)
        for check, issue in lint(policy_set)
        if not _is_suppressed(suppressions, check, issue) and (options.with_optional or not check.is_optional)
    ]
    findings += _suppression_findings(suppressions)
    findings = sorted(dict.fromkeys(findings), key=lambda finding: (finding.problem, finding.problem.code))
    names = [source.name for source in sources] + [finding.problem.position.source for finding in findings]
    return CheckResult(
        findings,
        _summary(findings, basis),
        {check.code: check.page.title.replace("`", "") for check in CHECKS},
        tuple(dict.fromkeys(names)),
        lambda: _checked_resources(resources, findings),
        options.fail_level,
        {check.code: RuleDoc(check.name, check.severity, check.page.explanation, check.page.text) for check in CHECKS},
    )


def _is_suppressed(suppressions: Suppressions, check: Check, issue: Issue) -> bool:
    return suppressions.covers(check.code, _suppressible_positions(issue))


def _suppressible_positions(issue: Issue) -> Iterator[Position]:
    """Yield the positions of suppression comments for an issue: its field, its rule, and its resource."""
    source, path, _ = issue
    yield _position(source, path)
    if path[:1] == ("spec",) and len(path) > 3:
        yield _position(source, path[:3])
    yield _position(source, ())


def _position(source: PolicySource, path: FieldPath) -> Position:
    return field_position(source, path, Position(source.key))


def _make_finding(check: Check, issue: Issue) -> Finding:
    source, path, message = issue
    subject = str(source.resource.identifier)
    return Finding(Problem(_position(source, path), subject, field_path(path), message, check.code), check.severity)


def _suppression_findings(suppressions: Suppressions) -> Iterator[Finding]:
    for check, messages in ((WRONG_IGNORE, suppressions.invalid()), (UNUSED_IGNORE, suppressions.unused())):
        yield from (
            Finding(Problem(position, message=message, code=check.code), check.severity)
            for position, message in messages
            if not suppressions.covers(check.code, (position,))
        )


def _checked_resources(resources: Iterable[LocatedResource], findings: Iterable[Finding]) -> list[CheckedResource]:
    """Return the resources of manifests, and those of the datastore that have findings."""
    names_by_position = {item.position: str(item.identifier) for item in resources if item.position}
    problems = (finding.problem for finding in findings)
    names_by_position.update((problem.position, problem.subject) for problem in problems if not problem.position.line)
    return [CheckedResource(position, name) for position, name in sorted(names_by_position.items())]


def _summary(findings: Sequence[Finding], basis: str) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    parts = [f"{count} {severity.value}{'s' * (count > 1)}" for severity, count in counts.items() if count]
    return f"{', '.join(parts) or 'nothing found'} ({basis})"
