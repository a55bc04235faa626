"""Findings: problems of manifests, each with a stable code and a severity.

Every command that checks manifests makes a `CheckResult`, and `calicoctl.printers.findings` formats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import NamedTuple

from calicoctl.errors import Position, Problem
from calicoctl.lazy_dataclass import dataclass

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
    UNREADABLE: "A file or directory is unreadable or contains no resource.",
    YAML: "The text is neither YAML 1.2 nor JSON, or is ambiguous.",
    DOCUMENT: "A document is not a Calico v1 resource of a known kind or a list of such resources.",
    SCHEMA: "A field is unknown or missing, or has an invalid value.",
    SELECTOR: "A selector has a syntax error, or is not valid in its field.",
    SEMANTICS: "Fields contradict each other, or the agent or the datastore does not support their values.",
    DUPLICATE: "A resource is defined more than once.",
    AMBIGUOUS: "An unquoted text has different values in different YAML parsers.",
    MISLEADING: "A field is valid, but has another effect than it seems to have.",
}
"""Meaning of each code of `validate`. The meaning of a code never changes."""


class Severity(str, Enum):
    """Severity of a finding, the most severe first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def is_at_least(self, other: Severity) -> bool:
        """Whether the severity is the same or higher."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True)
class Finding:
    """A problem with a severity. Its code is the code of the problem."""

    problem: Problem
    severity: Severity = Severity.ERROR
    details: tuple[str, ...] = ()
    """Additional lines, which some formats omit."""

    def __str__(self) -> str:
        return str(self.problem) if self.severity is Severity.ERROR else f"{self.severity.value}: {self.problem}"


class RuleDoc(NamedTuple):
    """Documentation of a code."""

    name: str
    """Descriptive name, such as `shadowed-rule`."""
    severity: Severity
    meaning: str
    """Consequence and remedy."""
    text: str
    """The page of the code in Markdown, with examples."""


class CheckedResource(NamedTuple):
    """A checked resource or case, with the position where it begins."""

    position: Position
    name: str
    """`kind/name`, as in `Problem.subject`."""


@dataclass(frozen=True)
class CheckResult:
    """Result of a check, independent of the output format."""

    findings: Sequence[Finding]
    summary: str
    """Line to print if no finding fails the check."""
    rules: Mapping[str, str]
    """Meaning of each code of the check."""
    sources: Sequence[str]
    """Checked files, in order; stdin is `-`."""
    checked_resources: Callable[[], Sequence[CheckedResource]]
    """Returns the checked resources by position; called by some formats only."""
    fail_level: Severity | None = Severity.ERROR
    """Lowest severity that fails the check; None if no finding fails it."""
    rule_docs: Mapping[str, RuleDoc] = field(default_factory=dict)
    """Documentation of codes. Findings show these codes, so that users can look them up and suppress them."""

    @property
    def failed(self) -> bool:
        """Whether a finding fails the check."""
        return any(map(self.fails, self.findings))

    def fails(self, finding: Finding) -> bool:
        """Whether this finding fails the check."""
        return self.fail_level is not None and finding.severity.is_at_least(self.fail_level)

    def format_finding(self, finding: Finding) -> str:
        """Return a finding as a line of text."""
        return f"{finding}{self.code_suffix(finding)}"

    def code_suffix(self, finding: Finding) -> str:
        """Return the code of a finding as ` [CODE]`; empty if the code has no documentation."""
        code = finding.problem.code
        return f" [{code}]" if code in self.rule_docs else ""


def findings_from_problems(problems: Sequence[Problem], warnings: Sequence[Problem]) -> tuple[Finding, ...]:
    """Return problems as errors, and warnings, sorted by position."""
    findings = [Finding(problem) for problem in problems] + [Finding(each, Severity.WARNING) for each in warnings]
    return tuple(sorted(findings, key=lambda finding: finding.problem))
