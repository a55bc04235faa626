"""lint: what checks find in a set of policies, at its place, but for what comments silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from calicoctl.analysis import PolicySet
from calicoctl.analysis.lint import CHECKS, UNUSED_IGNORE, WRONG_IGNORE, Check, Remark, lint
from calicoctl.analysis.model import Origin, Path
from calicoctl.errors import Position, Problem
from calicoctl.findings import Checked, Finding, Page, Severity, Subject
from calicoctl.manifest.sources import Source
from calicoctl.operations.silencing import Silencer
from calicoctl.resource import Located
from calicoctl.schema.placing import field_path

RULES = {check.code: check.title.replace("`", "") for check in CHECKS}
"""What each code stands for."""


def linted(
    policy_set: PolicySet,
    sources: Sequence[Source],
    located: Sequence[Located],
    basis: str,
    fails_from: Severity | None,
) -> Checked:
    """All findings that no comment silences.

    Args:
        policy_set: what is checked.
        sources: the manifests that it comes from, if any, as texts.
        located: the resources of these.
        basis: what is checked, in words.
        fails_from: how bad a finding has to be to let the check fail.
    """
    silencer = Silencer(sources, RULES)
    findings = [_finding(check, remark) for check, remark in lint(policy_set) if not _silenced(silencer, check, remark)]
    findings += _about_comments(silencer)
    findings = sorted(dict.fromkeys(findings), key=lambda finding: (finding.problem, finding.problem.code))
    names = [source.name for source in sources] + [finding.problem.position.source for finding in findings]
    return Checked(
        findings,
        _summary(findings, basis),
        RULES,
        tuple(dict.fromkeys(names)),
        lambda: _subjects(located, findings),
        fails_from,
        {check.code: Page(check.name, check.severity, check.meaning, check.page) for check in CHECKS},
    )


def _silenced(silencer: Silencer, check: Check, remark: Remark) -> bool:
    return silencer.silences(check.code, _places(remark))


def _places(remark: Remark) -> Iterator[Position]:
    """Where a comment may stand: at the finding, at the rule that it is in, and at the resource."""
    origin, path, _ = remark
    yield _position(origin, path)
    if path[:1] == ("spec",) and len(path) > 3:
        yield _position(origin, path[:3])
    yield _position(origin, ())


def _position(origin: Origin, path: Path) -> Position:
    return origin.locate(path) if origin.locate else Position(origin.key)


def _finding(check: Check, remark: Remark) -> Finding:
    origin, path, message = remark
    subject = str(origin.resource.identifier)
    return Finding(Problem(_position(origin, path), subject, field_path(path), message, check.code), check.severity)


def _about_comments(silencer: Silencer) -> Iterator[Finding]:
    for check, said in ((WRONG_IGNORE, silencer.wrong()), (UNUSED_IGNORE, silencer.unused())):
        yield from (
            Finding(Problem(place, message=message, code=check.code), check.severity)
            for place, message in said
            if not silencer.silences(check.code, (place,))
        )


def _subjects(located: Iterable[Located], findings: Iterable[Finding]) -> list[Subject]:
    """The resources of manifests, and of the datastore those with findings."""
    found = {item.position: str(item.identifier) for item in located if item.position}
    problems = (finding.problem for finding in findings)
    found.update((problem.position, problem.subject) for problem in problems if not problem.position.line)
    return [Subject(position, name) for position, name in sorted(found.items())]


def _summary(findings: Sequence[Finding], basis: str) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    words = [f"{count} {severity.value}{'s' * (count > 1)}" for severity, count in counts.items() if count]
    return f"{', '.join(words) or 'nothing found'} ({basis})"
