"""Checks of lint and the issues that they report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.lint.facts.page import CheckPage, load_page
from calicoctl.analysis.model.policy_set import PolicySource
from calicoctl.findings import Severity
from calicoctl.resource import FieldPath

if TYPE_CHECKING:
    from calicoctl.analysis.lint.facts.context import LintContext


class Issue(NamedTuple):
    """One result of a check."""

    origin: PolicySource
    """Resource of the issue."""
    path: FieldPath
    """Field of the resource; empty for the resource as a whole."""
    message: str


CheckFunction = Callable[["LintContext"], Iterable[Issue]]
"""Returns the issues of one check."""


@dataclass(frozen=True)
class Check:
    """Type of finding with a code that never changes its meaning."""

    code: str
    name: str
    severity: Severity
    find: CheckFunction | None = None
    """None if the findings do not come from the policy set."""
    is_optional: bool = False
    """Whether it reports a property that is not suspicious, and so only on request."""
    for_all_endpoints: bool = False
    """Whether a finding holds for every endpoint, so that placeholders for all possible endpoints can be evaluated."""

    @property
    def page(self) -> CheckPage:
        """Page of the code; the first access reads the file."""
        return load_page(self.code)
