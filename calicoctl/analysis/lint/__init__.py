"""What is doubtful about a set of policies: the checks, each with a stable code, and what they find.

::

    for check, remark in lint(policy_set):
        check.code, remark.origin, remark.path, remark.message

What they say about effects is exact for the endpoints that there are, and worked out of what each rule decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.checks.contradictions import CONTRADICTION, UNGOVERNED
from calicoctl.analysis.lint.checks.endpoints import BARE_ENDPOINT, HOST_ONLY
from calicoctl.analysis.lint.checks.half_open import HALF_OPEN
from calicoctl.analysis.lint.checks.ip_versions import ONE_VERSION
from calicoctl.analysis.lint.checks.log_only import LOG_ONLY
from calicoctl.analysis.lint.checks.missing_types import TYPES_LEFT_OUT
from calicoctl.analysis.lint.checks.order_ties import ORDER_TIE
from calicoctl.analysis.lint.checks.profiles import BYPASSED_PROFILE, PASS_IN_PROFILE, UNUSED_PROFILE
from calicoctl.analysis.lint.checks.redundant import REDUNDANT_POLICY, REDUNDANT_RULE
from calicoctl.analysis.lint.checks.selects_nobody import SELECTS_NOBODY, UNKNOWN_TAG
from calicoctl.analysis.lint.checks.shadowed import SHADOWED
from calicoctl.analysis.lint.checks.suppressions import UNUSED_IGNORE, WRONG_IGNORE
from calicoctl.analysis.lint.checks.too_broad import ALWAYS_TRUE, MATCHES_UNLABELLED
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import PolicySet

__all__ = ["CHECKS", "UNUSED_IGNORE", "WRONG_IGNORE", "Check", "Issue", "lint"]

CHECKS = (
    SHADOWED,
    REDUNDANT_RULE,
    REDUNDANT_POLICY,
    CONTRADICTION,
    LOG_ONLY,
    UNKNOWN_TAG,
    MATCHES_UNLABELLED,
    SELECTS_NOBODY,
    HALF_OPEN,
    ORDER_TIE,
    BARE_ENDPOINT,
    UNGOVERNED,
    PASS_IN_PROFILE,
    HOST_ONLY,
    UNUSED_PROFILE,
    ONE_VERSION,
    TYPES_LEFT_OUT,
    BYPASSED_PROFILE,
    ALWAYS_TRUE,
    WRONG_IGNORE,
    UNUSED_IGNORE,
)
"""All checks, in the order of their codes."""


def lint(policy_set: PolicySet) -> Iterator[tuple[Check, Issue]]:
    """All that the checks find."""
    context = LintContext(policy_set)
    for check in CHECKS:
        yield from ((check, remark) for remark in check.find(context))
