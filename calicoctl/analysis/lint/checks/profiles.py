"""CAL013, CAL015 and CAL018: what profiles say that is passed over, or read differently."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.cases import DIRECTIONS
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.lint.facts.messages import count_noun
from calicoctl.findings import Severity


def _find_pass(context: LintContext) -> Iterator[Issue]:
    for profile in context.input_policy_set.profiles.values():
        for rule in (*profile.ingress, *profile.egress):
            if rule.action == "pass":
                message = "in a profile, pass goes on to the next profile, and is a denial to some of Calico's agents"
                yield Issue(rule.origin, (*rule.path, "action"), f"{message} (write allow or deny)")


def _find_unused(context: LintContext) -> Iterator[Issue]:
    for profile in context.unused_profiles:
        yield Issue(profile.origin, (), "no endpoint has this profile")


def _find_bypassed(context: LintContext) -> Iterator[Issue]:
    for profile in context.input_policy_set.profiles.values():
        for direction in DIRECTIONS:
            dead = [rule for rule in profile.rules(direction) if rule in context.removable.dead]
            bypassed = [rule for rule in dead if dead_reason(context, profile, rule) is DeadReason.BYPASSED]
            if bypassed:
                rules = profile.rules(direction)
                is_whole_direction = len(bypassed) == len(rules)
                what = f"{count_noun(len(bypassed), 'rule is', 'rules are')} never tried"
                path = ("spec", direction) if is_whole_direction else bypassed[0].path
                yield Issue(profile.origin, path, f"{what}: policies decide on all that there is to match")


PASS_IN_PROFILE = Check(
    "CAL013",
    "pass-in-profile",
    Severity.WARNING,
    "A rule of a profile with the action pass, which agents understand differently.",
    """\
In a policy, `pass` skips the policies that are left and goes on to the profiles. In a profile there is nothing to
go on to: Felix tries the next profile of the endpoint, other parts of Calico take it for `deny`.

Write `allow` or `deny`.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: pass
    protocol: tcp
    destination:
      ports: [8080]
  - action: allow
    protocol: tcp
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: deny
    protocol: tcp
    destination:
      ports: [8080]
  - action: allow
    protocol: tcp
""",
    _find_pass,
)

UNUSED_PROFILE = Check(
    "CAL015",
    "unused-profile",
    Severity.NOTE,
    "A profile that no endpoint has.",
    """\
There are endpoints, and none of them names this profile. For a Docker network without containers that is as it
should be; otherwise it is mostly a network under another name.

Delete it, or leave it for the containers that are to come. Without any endpoint there is nothing to judge by, and
no finding.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: profile
  metadata:
    name: web-old
- apiVersion: v1
  kind: workloadEndpoint
  metadata:
    node: host1
    orchestrator: libnetwork
    workload: libnetwork
    name: web1
  spec:
    interfaceName: caliweb1
    ipNetworks: [10.2.0.1/32]
    profiles: [web]
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: workloadEndpoint
  metadata:
    node: host1
    orchestrator: libnetwork
    workload: libnetwork
    name: web1
  spec:
    interfaceName: caliweb1
    ipNetworks: [10.2.0.1/32]
    profiles: [web]
""",
    _find_unused,
)

BYPASSED_PROFILE = Check(
    "CAL018",
    "bypassed-profile",
    Severity.NOTE,
    "Rules of a profile that are never tried, because policies decide before.",
    """\
Where a policy governs a direction of an endpoint, what no policy allows is denied: the profiles of the endpoint are
only asked about what a rule with `pass` passes on to them. All endpoints with this profile are governed by policies
that pass on nothing of what its rules match. So nothing in these rules counts, neither what they allow nor what
they deny.

Move them into a policy, take them out, or let a policy `pass`.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
  spec:
    ingress:
    - action: allow
      protocol: tcp
- apiVersion: v1
  kind: policy
  metadata:
    name: https
  spec:
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [443]
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: policy
  metadata:
    name: https
  spec:
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [443]
""",
    _find_bypassed,
)
