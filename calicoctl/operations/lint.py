"""lint: what checks find in a set of policies, at its place, but for what comments silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from calicoctl.analysis import PolicySet
from calicoctl.analysis.lint import CHECKS, UNUSED_IGNORE, WRONG_IGNORE, Check, Issue, lint
from calicoctl.analysis.model.policy_set import FieldPath, PolicySource
from calicoctl.errors import Position, Problem
from calicoctl.findings import CheckedResource, CheckResult, Finding, RuleDoc, Severity
from calicoctl.manifest.sources import Source
from calicoctl.operations.load.suppressions import Suppressions
from calicoctl.resource import LocatedResource
from calicoctl.schema.problems import field_path


def run_lint(
    policy_set: PolicySet,
    sources: Sequence[Source],
    resources: Sequence[LocatedResource],
    basis: str,
    fail_level: Severity | None,
) -> CheckResult:
    """All findings that no comment silences.

    Args:
        policy_set: what is checked.
        sources: the manifests that it comes from, if any, as texts.
        resources: the resources of these.
        basis: what is checked, in words.
        fail_level: how bad a finding has to be to let the check fail.
    """
    suppressions = Suppressions(sources, [check.code for check in CHECKS])
    findings = [
        _make_finding(check, issue)
        for check, issue in lint(policy_set)
        if not _is_suppressed(suppressions, check, issue)
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
        fail_level,
        {check.code: RuleDoc(check.name, check.severity, check.page.explanation, check.page.text) for check in CHECKS},
    )


def _is_suppressed(suppressions: Suppressions, check: Check, issue: Issue) -> bool:
    return suppressions.covers(check.code, _suppressible_positions(issue))


def _suppressible_positions(issue: Issue) -> Iterator[Position]:
    """Where a comment may stand: at the finding, at the rule that it is in, and at the resource."""
    source, path, _ = issue
    yield _position(source, path)
    if path[:1] == ("spec",) and len(path) > 3:
        yield _position(source, path[:3])
    yield _position(source, ())


def _position(source: PolicySource, path: FieldPath) -> Position:
    return source.locate(path) if source.locate else Position(source.key)


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
    """The resources of manifests, and of the datastore those with findings."""
    names_by_position = {item.position: str(item.identifier) for item in resources if item.position}
    problems = (finding.problem for finding in findings)
    names_by_position.update((problem.position, problem.subject) for problem in problems if not problem.position.line)
    return [CheckedResource(position, name) for position, name in sorted(names_by_position.items())]


def _summary(findings: Sequence[Finding], basis: str) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    words = [f"{count} {severity.value}{'s' * (count > 1)}" for severity, count in counts.items() if count]
    return f"{', '.join(words) or 'nothing found'} ({basis})"
