"""Checks that find errors and suspicious parts of a policy set, each with a stable code.

::

    for check, issue in lint(policy_set):
        check.code, issue.origin, issue.path, issue.message

Findings about effects are exact for the given endpoints: they follow from the decision of each rule.

A check has a line in `CHECKS`, a module in `checks/` with its name, and a page `docs/lint/<code>.md`, which is package
data of the wheel (`pages/`). `lint --explain`, SARIF and the documentation show the page. Structure of a page: the
heading with code and name, the title (one sentence), the severity, and the sections Why, Repair, Bad example, Good
example and Suppression. The bad example must result in findings of this code only, the good example in none.
"""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.checks import (
    always_true,
    bare_endpoint,
    bypassed_profile,
    contradiction,
    denied_reply,
    denied_workload,
    empty_criterion,
    failsafe_port,
    half_open,
    host_endpoints_only,
    log_only,
    matches_no_endpoint,
    matches_unlabelled,
    missing_types,
    neighbor_discovery,
    not_evaluated,
    one_ip_version,
    order_tie,
    outside_pools,
    overlapping_policies,
    overlapping_pools,
    pass_in_profile,
    redundant_policy,
    redundant_rule,
    shadowed_rule,
    shared_host_address,
    shared_interface,
    shared_node_address,
    shared_workload_address,
    unknown_node,
    unknown_tag,
    unlisted_direction,
    untracked_reply,
    untracked_workload,
    unused_profile,
    without_policy,
)
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.possible_endpoints import with_possible_endpoints
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.findings import Severity

__all__ = ["CHECKS", "UNUSED_IGNORE", "WRONG_IGNORE", "Check", "Issue", "lint"]

# Suppression comments are found when manifests are read.
WRONG_IGNORE = Check("CAL020", "wrong-ignore", Severity.WARNING)
UNUSED_IGNORE = Check("CAL021", "unused-ignore", Severity.NOTE)

CHECKS = (
    Check("CAL001", "shadowed-rule", Severity.WARNING, shadowed_rule.find, for_all_endpoints=True),
    Check("CAL002", "redundant-rule", Severity.NOTE, redundant_rule.find, for_all_endpoints=True),
    Check("CAL003", "redundant-policy", Severity.NOTE, redundant_policy.find, for_all_endpoints=True),
    Check("CAL004", "contradiction", Severity.ERROR, contradiction.find),
    Check("CAL005", "log-only", Severity.WARNING, log_only.find),
    Check("CAL006", "unknown-tag", Severity.WARNING, unknown_tag.find),
    Check("CAL007", "matches-unlabelled", Severity.NOTE, matches_unlabelled.find),
    Check("CAL008", "matches-no-endpoint", Severity.WARNING, matches_no_endpoint.find, for_all_endpoints=True),
    Check("CAL009", "half-open", Severity.WARNING, half_open.find, for_all_endpoints=True),
    Check("CAL010", "order-tie", Severity.WARNING, order_tie.find),
    Check("CAL011", "bare-endpoint", Severity.WARNING, bare_endpoint.find),
    Check("CAL012", "unlisted-direction", Severity.ERROR, unlisted_direction.find),
    Check("CAL013", "pass-in-profile", Severity.WARNING, pass_in_profile.find),
    Check("CAL014", "host-endpoints-only", Severity.WARNING, host_endpoints_only.find),
    Check("CAL015", "unused-profile", Severity.NOTE, unused_profile.find),
    Check("CAL016", "one-ip-version", Severity.NOTE, one_ip_version.find),
    Check("CAL017", "missing-types", Severity.NOTE, missing_types.find),
    Check("CAL018", "bypassed-profile", Severity.NOTE, bypassed_profile.find),
    Check("CAL019", "always-true", Severity.NOTE, always_true.find),
    WRONG_IGNORE,
    UNUSED_IGNORE,
    Check("CAL022", "overlapping-pools", Severity.WARNING, overlapping_pools.find),
    Check("CAL023", "outside-pools", Severity.WARNING, outside_pools.find),
    Check("CAL024", "shared-node-address", Severity.WARNING, shared_node_address.find),
    Check("CAL025", "shared-interface", Severity.WARNING, shared_interface.find),
    Check("CAL026", "unknown-node", Severity.WARNING, unknown_node.find),
    Check("CAL027", "shared-workload-address", Severity.WARNING, shared_workload_address.find),
    Check("CAL028", "empty-criterion", Severity.WARNING, empty_criterion.find),
    Check("CAL029", "not-evaluated", Severity.ERROR, not_evaluated.find, for_all_endpoints=True),
    Check("CAL030", "neighbor-discovery", Severity.WARNING, neighbor_discovery.find),
    Check("CAL031", "untracked-reply", Severity.WARNING, untracked_reply.find),
    Check("CAL032", "untracked-workload", Severity.WARNING, untracked_workload.find),
    Check("CAL033", "denied-reply", Severity.WARNING, denied_reply.find),
    Check("CAL034", "shared-host-address", Severity.WARNING, shared_host_address.find),
    Check("CAL035", "failsafe-port", Severity.WARNING, failsafe_port.find),
    Check("CAL036", "denied-workload", Severity.NOTE, denied_workload.find),
    Check("CAL037", "without-policy", Severity.NOTE, without_policy.find),
    Check("CAL038", "overlapping-policies", Severity.NOTE, overlapping_policies.find, is_optional=True),
)
"""All checks, in the order of their codes."""


def lint(policy_set: PolicySet) -> Iterator[tuple[Check, Issue]]:
    """Yield the issues of all checks."""
    context = LintContext(policy_set)
    possible = with_possible_endpoints(policy_set)
    for_all_endpoints = LintContext(policy_set, possible) if possible else context
    for check in CHECKS:
        if check.find:
            issues = check.find(for_all_endpoints if check.for_all_endpoints else context)
            yield from ((check, issue) for issue in issues)
