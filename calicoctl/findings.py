"""Findings: what a check has to say about manifests, each with a stable code and a severity.

Every verb that checks something ends in a `Checked`; `calicoctl.printers.findings` turns that into each form of output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from calicoctl.errors import Position, Problem

UNREADABLE = "unreadable"
YAML = "yaml"
DOCUMENT = "document"
SCHEMA = "schema"
SELECTOR = "selector"
SEMANTICS = "semantics"
DUPLICATE = "duplicate"
AMBIGUOUS = "ambiguous-text"
MISLEADING = "misleading"

MANIFEST_RULES: Mapping[str, str] = {
    UNREADABLE: "A file or a directory can't be read, or holds no resource.",
    YAML: "The text is neither YAML 1.2 nor JSON, or leaves open what it means.",
    DOCUMENT: "A document is no Calico v1 resource of a known kind, nor a list of these.",
    SCHEMA: "A field is unknown or missing, or its value is not one that the field takes.",
    SELECTOR: "A selector can't be parsed, or has no meaning where it stands.",
    SEMANTICS: "Fields contradict each other, or the agent or the datastore can't take what they say.",
    DUPLICATE: "The same resource is there twice.",
    AMBIGUOUS: "A text without quotes that tools read differently.",
    MISLEADING: "Something is accepted, but does not do what it seems to do.",
}
"""What each code stands for that reading and validating a manifest can give. Codes never change their meaning."""


class Severity(str, Enum):
    """How bad a finding is, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def is_at_least(self, other: Severity) -> bool:
        """Whether it is as bad as another one, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True)
class Finding:
    """A problem and how bad it is. Its code is that of the problem."""

    problem: Problem
    severity: Severity = Severity.ERROR
    details: tuple[str, ...] = ()
    """More lines about it, which not every form of output shows."""

    def __str__(self) -> str:
        return str(self.problem) if self.severity is Severity.ERROR else f"{self.severity.value}: {self.problem}"


class RuleDoc(NamedTuple):
    """What there is to read about a code, beside the line that every code has."""

    name: str
    """A name that says more than the code."""
    severity: Severity
    meaning: str
    """Why it matters, and what to do."""
    text: str
    """All of it, with examples, as Markdown."""


class CheckedResource(NamedTuple):
    """Something that was checked: a resource, with the place where it begins."""

    position: Position
    name: str
    """As problems name it: `kind/name`."""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check, which knows nothing of how it will be printed."""

    findings: Sequence[Finding]
    summary: str
    """One line for when nothing fails."""
    rules: Mapping[str, str]
    """All codes that the check can give, with what each stands for."""
    sources: Sequence[str]
    """The files that were checked, in their order; stdin is `-`."""
    checked_resources: Callable[[], Sequence[CheckedResource]]
    """What was checked, by its place. Only some forms of output ask for it."""
    fail_level: Severity | None = Severity.ERROR
    """How bad a finding has to be to let the check fail; None when none does."""
    rule_docs: Mapping[str, RuleDoc] = field(default_factory=dict)
    """The pages of codes that have one. People look these up, and ignore them, so that they are shown with findings."""

    @property
    def failed(self) -> bool:
        """Whether something is as bad as that."""
        return any(map(self.fails, self.findings))

    def fails(self, finding: Finding) -> bool:
        """Whether a finding lets the check fail."""
        return self.fail_level is not None and finding.severity.is_at_least(self.fail_level)

    def format_finding(self, finding: Finding) -> str:
        """A finding as people read it."""
        return f"{finding}{self.code_suffix(finding)}"

    def code_suffix(self, finding: Finding) -> str:
        """The code of a finding in brackets, with a blank before it; empty for one without a page."""
        code = finding.problem.code
        return f" [{code}]" if code in self.rule_docs else ""


def findings_from_problems(problems: Sequence[Problem], warnings: Sequence[Problem]) -> tuple[Finding, ...]:
    """Problems and warnings together, by their places."""
    findings = [Finding(problem) for problem in problems] + [Finding(each, Severity.WARNING) for each in warnings]
    return tuple(sorted(findings, key=lambda finding: finding.problem))
