"""CAL028 reports criteria without a value, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.analysis.lint.checks.test_checks import findings

PROFILE = """\
apiVersion: v1
kind: profile
metadata: {{name: web, labels: {{role: web}}, tags: []}}
spec:
  egress: []
  ingress:
  - action: allow
    {field}
"""
POLICY = """\
apiVersion: v1
kind: policy
metadata: {{name: web}}
spec:
  {field}
  ingress:
  - action: allow
"""


def messages(folder: Path, text: str) -> list[str]:
    return [each.problem.message for each in findings(folder, text) if each.problem.code == "CAL028"]


@pytest.mark.parametrize(
    ("field", "effect"),
    [
        ("source: {selector: }", "the rule matches every source"),
        ("source: {selector: ''}", "the rule matches every source"),
        ("source: {selector: ~}", "the rule matches every source"),
        ("destination: {nets: []}", "the rule matches every destination"),
        ("destination: {net: }", "the rule matches every destination"),
        ("source: {tag: ''}", "the rule matches every source"),
        ("source: {notSelector: ''}", "the rule excludes no source"),
        ("source: {notNets: []}", "the rule excludes no source"),
        ("source: {notTag: }", "the rule excludes no source"),
        ("protocol: tcp\n    destination: {ports: []}", "the rule matches every destination port"),
        ("protocol: tcp\n    source: {notPorts: }", "the rule excludes no source port"),
        ("source:", "the rule matches every source"),
        ("destination: ~", "the rule matches every destination"),
        ("protocol:", "the rule matches every value"),
        ("notProtocol:", "the rule excludes no packet by it"),
        ("icmp: {}", "the rule matches every value"),
        ("icmp: {type: }", "the rule matches every value"),
        ("ipVersion:", "the rule matches every value"),
    ],
)
def test_an_empty_criterion_of_a_rule(field: str, effect: str, tmp_path: Path) -> None:
    assert messages(tmp_path, PROFILE.format(field=field)) == [
        f"is empty, so {effect} (write a value, or delete the field)"
    ]


def test_the_selector_of_a_policy(tmp_path: Path) -> None:
    expected = ["is empty, so the policy applies to every endpoint (write a selector, or all())"]
    assert messages(tmp_path, POLICY.format(field="selector:")) == expected
    assert messages(tmp_path, POLICY.format(field="selector: ~")) == expected
    assert messages(tmp_path, "{apiVersion: v1, kind: policy, metadata: {name: web}, spec: }") == expected
    assert messages(tmp_path, "{apiVersion: v1, kind: profile, metadata: {name: web}, spec: }") == []


@pytest.mark.parametrize("field", ["selector: ''", "selector: all()", "types: []", "order:", "egress: []"])
def test_other_fields_of_a_policy(field: str, tmp_path: Path) -> None:
    """`get` prints an empty selector as a text. Other fields do not select traffic."""
    assert messages(tmp_path, POLICY.format(field=field)) == []


@pytest.mark.parametrize("field", ["source: {}", "destination: {}", "source: {nets: [10.0.0.0/8]}"])
def test_other_fields_of_a_rule(field: str, tmp_path: Path) -> None:
    """`get` prints an empty mapping as the source or destination of a rule without one."""
    assert messages(tmp_path, PROFILE.format(field=field)) == []


def test_the_position_is_that_of_the_value(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, PROFILE.format(field="source: {selector: ''}"))
    assert (finding.problem.position.line, finding.problem.code) == (8, "CAL028")
