"""What a check is, and what it has to say: values that know nothing of files and of forms of output."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.model.policy_set import FieldPath, PolicySource
from calicoctl.findings import Severity

if TYPE_CHECKING:
    from calicoctl.analysis.lint.facts.context import LintContext


class Issue(NamedTuple):
    """Something doubtful about a resource."""

    origin: PolicySource
    path: FieldPath
    """The field that it is about; empty for the resource as a whole."""
    message: str


CheckFunction = Callable[["LintContext"], Iterable[Issue]]
"""Looks for one sort of doubtful thing."""


@dataclass(frozen=True)
class Check:
    """One sort of doubtful thing: how to find it, and all that people are told about it.

    The texts are Markdown. What is bad there gives a finding of this code and no other, what is good gives none.
    """

    code: str
    """Never changes its meaning."""
    name: str
    severity: Severity
    title: str
    """What it is, in one sentence."""
    meaning: str
    """Why that matters, and what to do."""
    bad_example: str
    """Manifests, as YAML."""
    good_example: str
    find: CheckFunction

    @property
    def documentation(self) -> str:
        """All that people are told, as Markdown."""
        suppression = f"`# calicoctl: ignore={self.code}` at the end of the line, or in the line above, silences it"
        return (
            f"# {self.code}: {self.name}\n\n{self.title} It is {_SEVERITY_PHRASES[self.severity]}.\n\n{self.meaning}\n"
            f"## Bad\n\n```yaml\n{self.bad_example}```\n\n## Good\n\n```yaml\n{self.good_example}```\n\n"
            f"## Ignoring it\n\n{suppression}. At the\nfirst line of a rule or of a resource it is for all of it. "
            f"`ignore-file` in place of `ignore` is for the whole file.\n"
        )


_SEVERITY_PHRASES = {Severity.ERROR: "an error", Severity.WARNING: "a warning", Severity.NOTE: "a note"}
