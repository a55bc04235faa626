"""Policy tests: every mistake with its position."""

from __future__ import annotations

import pytest

from calicoctl.manifest import Source, load
from calicoctl.schema.policy_test import read_policy_test
from calicoctl.schema.validate import ValidationResult
from tests.support.policy_test_files import CASE, HEAD

TABLE = [
    # The spec from line 5 on, and the problems without file and subject.
    ("  manifests: []\n", ["5:3: spec: 'cases' is missing"]),
    ("  cases: []\n", ["5:10: spec.cases: is empty (write at least one item)"]),
    (
        "  typesDefault: rules\n  cases: [{name: a, from: {outside: true}, to: {outside: true}, expect: alow}]\n",
        [
            "5:17: spec.typesDefault: 'rules' is not one of 'by-rules', 'both' (did you mean 'by-rules'?)",
            "6:73: spec.cases[0].expect: 'alow' is not one of 'allow', 'deny' (did you mean 'allow'?)",
        ],
    ),
    (
        "  endpoints: [{name: a, nets: [10.0.0.0/24, 10.0.0.1/32]}, {name: a, net: x}]\n  cases: [CASE]\n",
        [
            "5:32: spec.endpoints[0].nets[0]: '10.0.0.0/24' is not an address (write each address of the endpoint)",
            "5:67: spec.endpoints[1].name: duplicate name 'a' (choose another name)",
            "5:70: spec.endpoints[1].net: unknown field 'net' (did you mean 'nets'?)",
        ],
    ),
    (
        "  cases:\n  - {name: a, form: {outside: true}, to: {}}\n"
        "  - {name: a, from: {outside: false}, to: {endpoint: ''}, expect: deny}\n",
        [
            "6:5: spec.cases[0]: no expectation "
            "(write expect: allow, expect: deny, expectExactly: [...], permits or forbids)",
            "6:15: spec.cases[0].form: unknown field 'form' (did you mean 'from'?)",
            "6:42: spec.cases[0].to: is empty (write profile, selector, endpoint, cidr, ip, outside or labels)",
            "7:12: spec.cases[1].name: duplicate name 'a' (choose another name)",
            "7:31: spec.cases[1].from.outside: false has no effect (write outside: true, or remove the field)",
            "7:54: spec.cases[1].to.endpoint: is empty (write the name of an endpoint)",
        ],
    ),
    (
        "  cases:\n  - {name: a, to: {outside: true}, expect: deny}\n"
        "  - {name: b, permits: x.yaml, forbids: y.yaml, expect: deny}\n  - {name: c, forbids: ''}\n",
        [
            "6:36: spec.cases[0].expect: 'expect' requires 'from' as well",
            "7:41: spec.cases[1].forbids: cannot be combined with permits (write another case)",
            "7:49: spec.cases[1].expect: 'expect' requires 'from' as well",
            "7:57: spec.cases[1].expect: cannot be combined with permits (write another case)",
            "8:24: spec.cases[2].forbids: '': a file, a directory or a pattern is a text of one line, such as "
            "'../policies/*.yaml'",
        ],
    ),
    (
        "  cases:\n"
        "  - {name: a, from: {profile: x, selector: role = 'x'}, to: {labels: {a: b}, profile: x}, expect: deny}\n",
        [
            "6:21: spec.cases[0].from: profile and selector cannot be combined "
            "(write one of profile, selector, endpoint, cidr, ip, outside or labels)",
            "6:49: spec.cases[0].from.selector: expected '==', found '='",
        ],
    ),
    (
        "  cases:\n  - name: a\n    from: {outside: true}\n    to: {ip: 10.0.0.0/8}\n    expect: deny\n"
        "    expectExactly: [{protocol: icmp, ports: [80]}, {ports: [80]}]\n    ports: [80]\n    by: web\n",
        [
            "8:14: spec.cases[0].to.ip: '10.0.0.0/8' is a network (write an address, without /8)",
            "9:13: spec.cases[0].expect: cannot be combined with expectExactly (remove one)",
            "10:45: spec.cases[0].expectExactly[0].ports: requires protocol tcp, udp or sctp, not icmp",
            "10:52: spec.cases[0].expectExactly[1]: 'protocol' is missing",
            "11:5: spec.cases[0].ports: 'ports' requires 'protocol' as well",
            "11:12: spec.cases[0].ports: cannot be combined with expectExactly (write it in that list)",
            "12:9: spec.cases[0].by: 'web': write policy/NAME, profile/NAME or NetworkPolicy/NAMESPACE/NAME",
            "12:9: spec.cases[0].by: cannot be combined with expectExactly (use it with expect)",
        ],
    ),
    (
        "  cases:\n"
        "  - {name: a, from: {outside: true}, to: {outside: true}, protocol: udp, icmp: {code: 1}, expect: deny}\n",
        [
            "6:80: spec.cases[0].icmp: requires protocol icmp or icmpv6, not udp",
            "6:81: spec.cases[0].icmp.code: 'code' requires 'type' as well",
        ],
    ),
]


def problems(text: str) -> list[str]:
    """What is wrong with a document, by place."""
    manifest = load([Source("t.yaml", text)], [])
    assert not manifest.problems
    result = ValidationResult()
    read_policy_test(manifest.documents[0], result)
    return [str(problem) for problem in sorted(result.problems)]


@pytest.mark.parametrize(("spec", "expected"), TABLE, ids=range(len(TABLE)))
def test_the_table(spec: str, expected: list[str]) -> None:
    found = problems(HEAD + spec.replace("CASE", CASE))
    assert found == ["t.yaml:{}: policyTest/t: {}".format(*line.split(": ", 1)) for line in expected]
