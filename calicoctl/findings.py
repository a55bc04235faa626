"""Findings: what a check has to say about manifests, each with a stable code and a severity.

Every verb that checks something ends in a `Checked`; `calicoctl.printers.findings` turns that into each form of output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
    """How bad a finding is: an error decides the exit code, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """A problem and how bad it is. Its code is that of the problem."""

    problem: Problem
    severity: Severity = Severity.ERROR
    details: tuple[str, ...] = ()
    """More lines about it, which not every form of output shows."""

    def __str__(self) -> str:
        return str(self.problem) if self.severity is Severity.ERROR else f"{self.severity.value}: {self.problem}"


class Subject(NamedTuple):
    """Something that was checked: a resource, with the place where it begins."""

    position: Position
    name: str
    """As problems name it: `kind/name`."""


@dataclass(frozen=True)
class Checked:
    """The result of a check, which knows nothing of how it will be printed."""

    findings: Sequence[Finding]
    summary: str
    """One line for when there is no error."""
    rules: Mapping[str, str]
    """All codes that the check can give, with what each stands for."""
    sources: Sequence[str]
    """The files that were checked, in their order; stdin is `-`."""
    subjects: Callable[[], Sequence[Subject]]
    """What was checked, by its place. Only some forms of output ask for it."""

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def findings_of(problems: Sequence[Problem], warnings: Sequence[Problem]) -> tuple[Finding, ...]:
    """Problems and warnings together, by their places."""
    found = [Finding(problem) for problem in problems] + [Finding(each, Severity.WARNING) for each in warnings]
    return tuple(sorted(found, key=lambda finding: finding.problem))
