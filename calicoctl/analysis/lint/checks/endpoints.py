"""CAL011 and CAL014: endpoints that nothing is decided for, and policies that do nothing for those they select."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.stages import resolve_stages
from calicoctl.analysis.lint.facts.cases import DIRECTIONS
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import Endpoint, Policy
from calicoctl.findings import Severity


def _find_bare(context: LintContext) -> Iterator[Issue]:
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        undecided = [
            direction
            for direction in DIRECTIONS
            if all(
                stage.kind in {"untracked", "preDNAT"}
                for stage in resolve_stages(endpoint_class.effective_policies, context.policy_set.profiles, direction)
            )
        ]
        for endpoint in endpoints if undecided else ():
            if endpoint.origin:
                cause = "no policy selects it" if len(undecided) > 1 else f"no policy governs its {undecided[0]}"
                what = "all of its traffic" if len(undecided) > 1 else f"all of its {undecided[0]}"
                message = f"{cause} and it has no profile: the agent denies {what}"
                yield Issue(endpoint.origin, (), message)


def _find_host_only(context: LintContext) -> Iterator[Issue]:
    selected: dict[Policy, list[Endpoint]] = {}
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        for policy in endpoint_class.effective_policies.policies:
            if policy.untracked or policy.pre_dnat:
                selected.setdefault(policy, []).extend(endpoint for endpoint in endpoints if endpoint.origin)
    for policy, endpoints in selected.items():
        if endpoints and not any(endpoint.host for endpoint in endpoints):
            field = "doNotTrack" if policy.untracked else "preDNAT"
            is_single = len(endpoints) == 1
            selected_text = (
                f"{endpoints[0].name} is a workload"
                if is_single
                else f"all {len(endpoints)} that it selects are workloads"
            )
            message = f"is for host endpoints only, and {selected_text}: it does nothing"
            yield Issue(policy.origin, ("spec", field), message)


BARE_ENDPOINT = Check(
    "CAL011",
    "bare-endpoint",
    Severity.WARNING,
    "An endpoint that no policy governs and that has no profile: the agent denies all of its traffic.",
    """\
Where policy governs a direction of an endpoint, policy decides; where none does, its profiles decide. With neither,
the agent denies everything: for a host endpoint all traffic of the host itself, but for the agent's failsafe ports.

Write a policy that selects it, or give it a profile. When the policy is kept elsewhere, check it together with
this, or with the datastore: `--with-datastore`.
""",
    """\
apiVersion: v1
kind: hostEndpoint
metadata:
  node: host1
  name: eth0
  labels:
    zone: edge
spec:
  interfaceName: eth0
  expectedIPs: [192.0.2.1]
""",
    """\
- apiVersion: v1
  kind: hostEndpoint
  metadata:
    node: host1
    name: eth0
    labels:
      zone: edge
  spec:
    interfaceName: eth0
    expectedIPs: [192.0.2.1]
- apiVersion: v1
  kind: policy
  metadata:
    name: edge
  spec:
    selector: zone == 'edge'
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [22]
    egress:
    - action: allow
""",
    _find_bare,
)

HOST_ONLY = Check(
    "CAL014",
    "host-endpoints-only",
    Severity.WARNING,
    "A policy with doNotTrack or preDNAT selects workloads only, for which it does nothing.",
    """\
`doNotTrack` and `preDNAT` policies are for host endpoints. The agent passes them over for workloads, also where they
deny.

Select host endpoints, or leave the field out. Without any endpoint there is nothing to judge by, and no finding.
""",
    """\
- apiVersion: v1
  kind: workloadEndpoint
  metadata:
    node: host1
    orchestrator: libnetwork
    workload: libnetwork
    name: web1
    labels:
      role: web
  spec:
    interfaceName: caliweb1
    ipNetworks: [10.2.0.1/32]
    profiles: [web]
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: policy
  metadata:
    name: blocked
  spec:
    selector: role == 'web'
    doNotTrack: true
    ingress:
    - action: deny
      source:
        nets: [203.0.113.0/24]
""",
    """\
- apiVersion: v1
  kind: workloadEndpoint
  metadata:
    node: host1
    orchestrator: libnetwork
    workload: libnetwork
    name: web1
    labels:
      role: web
  spec:
    interfaceName: caliweb1
    ipNetworks: [10.2.0.1/32]
    profiles: [web]
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: policy
  metadata:
    name: blocked
  spec:
    selector: role == 'web'
    ingress:
    - action: deny
      source:
        nets: [203.0.113.0/24]
    - action: allow
""",
    _find_host_only,
)
