"""Documents to resources: what each mistake is called, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from calicoctl.kinds import KINDS
from calicoctl.manifest import Source, load
from calicoctl.printable import clip
from calicoctl.resource import Identifier
from calicoctl.schema.identify import identify
from calicoctl.schema.validate import ValidationResult, validate

SELECTOR_END = "found the end of the selector (write has(a) to require the label)"


def validate_text(text: str, name: str = "prod.yaml") -> ValidationResult:
    manifest = load([Source(name, text)], [kind.name for kind in KINDS])
    result = validate(manifest.documents)
    result.problems = sorted([*manifest.problems, *result.problems])
    return result


def problems(text: str) -> list[str]:
    """What is wrong with a text, without the name of the source."""
    return [str(problem).removeprefix("prod.yaml:") for problem in validate_text(text).problems]


def spec(text: str, kind: str = "policy") -> str:
    """A manifest with lines of a spec; the first one is line 5, each is indented by two."""
    return f"kind: {kind}\napiVersion: v1\nmetadata: {{name: database}}\nspec:\n" + "".join(
        f"  {line}\n" for line in text.splitlines()
    )


def test_the_line_that_a_user_sees() -> None:
    text = spec("selector: role == 'db'\norder: 10\ningress:\n- action: alow")
    assert [str(problem) for problem in validate_text(text).problems] == [
        "prod.yaml:8:13: policy/database: spec.ingress[0].action: 'alow' is not one of 'allow', 'deny', 'log', 'pass'"
        " (did you mean 'allow'?)"
    ]


# lines of a policy's spec, and what is wrong with them: position, path, message
SPECS = [
    # types
    ("order: x", ["5:10: spec.order: expected a number, found the text 'x'"]),
    ("order: '10'", ["5:10: spec.order: expected a number, found the text '10' (write 10 without quotes)"]),
    ("order: true", ["5:10: spec.order: expected a number, found true"]),
    ("order: [1]", ["5:10: spec.order: expected a number, found a list"]),
    ("order: 1:30", ["5:10: spec.order: expected a number, found the text '1:30'"]),
    ("doNotTrack: 1", ["5:15: spec.doNotTrack: expected true or false, found 1"]),
    ("doNotTrack: 'true'",
     ["5:15: spec.doNotTrack: expected true or false, found the text 'true' (write true without quotes)"]),
    ("doNotTrack: yes", ["5:15: spec.doNotTrack: 'yes' is not a boolean in YAML 1.2 (write true)"]),
    ("preDNAT: Off", ["5:12: spec.preDNAT: 'Off' is not a boolean in YAML 1.2 (write false)"]),
    ("selector: {a: b}", ["5:13: spec.selector: expected text, found a mapping"]),
    ("ingress: {action: allow}", ["5:12: spec.ingress: expected a list, found a mapping (begin each item with '- ')"]),
    ("types: ingress", ["5:10: spec.types: expected a list, found the text 'ingress' (write [ingress])"]),
    ("ingress: [deny]", ["5:13: spec.ingress[0]: expected a mapping, found the text 'deny' (write action: deny)"]),
    ("ingress: [{action: allow, protocol: [tcp], icmp: {type: 8}}]",
     ["5:39: spec.ingress[0].protocol: expected a whole number or text, found a list"]),
    ("ingress: [{action: allow, ipVersion: [4], protocol: icmp, icmp: {type: 8}, source: {net: '::1'}}]",
     ["5:40: spec.ingress[0].ipVersion: expected a whole number, found a list"]),
    ("ingress: [{action: allow, ipVersion: 4.5}]",
     ["5:40: spec.ingress[0].ipVersion: 4.5 is not one of 4, 6",
      "5:40: spec.ingress[0].ipVersion: expected a whole number, found 4.5"]),
    ("ingress: [{action: allow, ipVersion: '4'}]",
     ["5:40: spec.ingress[0].ipVersion: expected a whole number, found the text '4' (write 4 without quotes)"]),
    # numbers
    ("order: 010", ["5:10: spec.order: 010 is read differently by different tools (write 10)"]),
    ("order: -007", ["5:10: spec.order: -007 is read differently by different tools (write -7)"]),
    ("order: 00.5", ["5:10: spec.order: 00.5 is read differently by different tools (write 0.5)"]),
    ("order: 1_000", ["5:10: spec.order: 1_000 is read differently by different tools (write 1000)"]),
    ("order: 0b11", ["5:10: spec.order: 0b11 is read differently by different tools (write 3)"]),
    ("order: 0b_", ["5:10: spec.order: expected a number, found the text '0b_'"]),
    ("order: .inf", ["5:10: spec.order: .inf is not finite, or too large (write a number)"]),
    ("order: -.inf", ["5:10: spec.order: -.inf is not finite, or too large (write a number)"]),
    ("order: 1e999", ["5:10: spec.order: 1e999 is not finite, or too large (write a number)"]),
    (f"order: {'9' * 400}", [f"5:10: spec.order: {'9' * 400} is not finite, or too large (write a number)"]),
    (f"order: {'9' * 5000}", [f"5:10: spec.order: {'9' * 5000} is not finite, or too large (write a number)"]),
    (f"order: 0x{'f' * 400}", [f"5:10: spec.order: 0x{'f' * 400} is not finite, or too large (write a number)"]),
    ("ingress: [{action: allow, protocol: 06}]",
     ["5:39: spec.ingress[0].protocol: 06 is read differently by different tools (write 6)"]),
    ("ingress: [{action: allow, protocol: 300}]",
     ["5:39: spec.ingress[0].protocol: 300 is out of range (1 to 255)"]),
    # null
    ("types: [~]", ["5:11: spec.types[0]: expected text, found nothing"]),
    ("ingress:\n-\n- ~", ["6:4: spec.ingress[0]: expected a mapping, found nothing",
                          "7:5: spec.ingress[1]: expected a mapping, found nothing"]),
    ("ingress:\n- action:\n  protocol: ~", ["6:5: spec.ingress[0]: 'action' is missing"]),
    # words
    ("types: [Ingress]",
     ["5:11: spec.types[0]: 'Ingress' is not one of 'ingress', 'egress' (did you mean 'ingress'?)"]),
    ("types: [ingress, ingress]", ["5:20: spec.types[1]: duplicate item 'ingress' (remove one)"]),
    ("ingress: [{action: Allow}]",
     ["5:22: spec.ingress[0].action: 'Allow' is not one of 'allow', 'deny', 'log', 'pass' (did you mean 'allow'?)"]),
    ("ingress: [{action: xyz}]",
     ["5:22: spec.ingress[0].action: 'xyz' is not one of 'allow', 'deny', 'log', 'pass'"]),
    ("ingress: [{action: allow, protocol: TCP}]",
     ["5:39: spec.ingress[0].protocol: 'TCP': a protocol is tcp, udp, icmp, icmpv6, sctp, udplite or a number from"
      " 1 to 255 (did you mean 'tcp'?)"]),
    ("ingress: [{action: allow, protocol: '²'}]",
     ["5:39: spec.ingress[0].protocol: '²': a protocol is tcp, udp, icmp, icmpv6, sctp, udplite or a number from"
      " 1 to 255"]),
    # fields
    ("bogus: 1", ["5:3: spec.bogus: unknown field 'bogus'"]),
    ("Order: 1", ["5:3: spec.Order: unknown field 'Order' (did you mean 'order'?)"]),
    ("ingres: []", ["5:3: spec.ingres: unknown field 'ingres' (did you mean 'ingress'?)"]),
    ('"a\\nb": 1', ["5:3: spec['a\\nb']: unknown field 'a\\nb'"]),
    ("ingress: [{Action: allow}]",
     ["5:14: spec.ingress[0].Action: unknown field 'Action' (did you mean 'action'?)"]),
    ("ingress: [{}]", ["5:13: spec.ingress[0]: 'action' is missing"]),
    ("ingress: [{action: allow, protocol: icmp, icmp: {code: 0}}]",
     ["5:52: spec.ingress[0].icmp.code: 'code' requires 'type' as well"]),
    # ports and networks
    ("ingress: [{action: allow, protocol: tcp, source: {ports: [0, 80:79, http, 65536, 1:65536, ~]}}]",
     ["5:61: spec.ingress[0].source.ports[0]: 0 is out of range (1 to 65535)",
      "5:64: spec.ingress[0].source.ports[1]: '80:79': the range ends before it begins (write 79:80)",
      "5:71: spec.ingress[0].source.ports[2]: 'http' is not a port (write a number, or a range such as 8000:8080;"
      " v1 has no named ports)",
      "5:77: spec.ingress[0].source.ports[3]: 65536 is out of range (1 to 65535)",
      "5:84: spec.ingress[0].source.ports[4]: '1:65536': ports are 1 to 65535",
      "5:93: spec.ingress[0].source.ports[5]: expected a whole number or text, found nothing"]),
    (f"ingress: [{{action: allow, protocol: tcp, source: {{ports: ['{'9' * 5000}']}}}}]",
     [f"5:61: spec.ingress[0].source.ports[0]: '{'9' * 5000}': ports are 1 to 65535"]),
    ("ingress: [{action: allow, source: {nets: [10.0.0.0/33, 10.0.0, fe80::1%eth0, '::ffff:1.2.3.4', '']}}]",
     ["5:45: spec.ingress[0].source.nets[0]: '10.0.0.0/33': the prefix length exceeds 32",
      "5:58: spec.ingress[0].source.nets[1]: '10.0.0' is not a network or address (write 10.0.0.0/8, fd00::/8 or an"
      " address)",
      "5:66: spec.ingress[0].source.nets[2]: 'fe80::1%eth0': Felix does not support addresses with a zone"
      " (remove '%eth0')",
      "5:80: spec.ingress[0].source.nets[3]: '::ffff:1.2.3.4' is an IPv4-mapped IPv6 address (write 1.2.3.4)",
      "5:98: spec.ingress[0].source.nets[4]: '' is not a network or address"
      " (write 10.0.0.0/8, fd00::/8 or an address)"]),
    ("ingress: [{action: allow, source: {nets: ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/8']}}]",
     ["5:45: spec.ingress[0].source.nets[0]: '::ffff:10.0.0.0/104' is an IPv4-mapped IPv6 address (write 10.0.0.0/8)",
      "5:68: spec.ingress[0].source.nets[1]: '::ffff:10.0.0.0/8' is an IPv4-mapped IPv6 address"
      " (write 10.0.0.0/LENGTH)"]),
    # several at once, in the order of the text
    ("order: a\nIngress: []\nselector: a\negress:\n- action: b",
     ["5:10: spec.order: expected a number, found the text 'a'",
      "6:3: spec.Ingress: unknown field 'Ingress' (did you mean 'ingress'?)",
      f"7:14: spec.selector: expected an operator after the label name 'a', {SELECTOR_END}",
      "9:13: spec.egress[0].action: 'b' is not one of 'allow', 'deny', 'log', 'pass'"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPECS, ids=[row[0][:50] for row in SPECS])
def test_spec_errors(text: str, expected: list[str]) -> None:
    found = problems(spec(text))
    assert found == [with_subject(line) for line in expected]


def with_subject(line: str) -> str:
    """Return the message of a problem of policy/database; a long value in it is clipped."""
    position, path, message = line.split(": ", 2)
    return f"{position}: policy/database: {path}: {clip(message)}"


DOCUMENTS = [
    # what it is
    ("{}", ["1:1: ?/?: kind: 'kind' is missing (kinds are KINDS)"]),
    ("kind: polcy\n", ["1:7: polcy/?: kind: unknown kind 'polcy' (did you mean 'policy'?)"]),
    ("kind: Deployment\n", ["1:7: Deployment/?: kind: unknown kind 'Deployment' (kinds are KINDS)"]),
    ("Kind: policy\n", ["1:1: ?/?: Kind: unknown field 'Kind' (write kind)"]),
    (
        "kind: NetworkPolicy\napiVersion: projectcalico.org/v3\n",
        [
            "2:13: NetworkPolicy/?: is a Calico v3 manifest of a kind that v1 does not have "
            "(trace, connectivity, test, lint and diff --semantic read it)"
        ],
    ),
    (
        "kind: policy\n",
        ["1:1: policy/?: 'apiVersion' is missing (write apiVersion: v1)", "1:1: policy/?: 'metadata' is missing"],
    ),
    ("kind: policy\napiVersion: 1\nmetadata: {name: a}\n", ["2:13: policy/a: apiVersion: '1' must be 'v1'"]),
    ("kind: policy\nApiVersion: v1\nmetadata: {name: a}\n",
     ["2:1: policy/a: ApiVersion: unknown field 'ApiVersion' (did you mean 'apiVersion'?)"]),
    ("kind: policy\napiVersion: v1\nmetadata: {}\n", ["3:11: policy/?: metadata: 'name' is missing"]),
    ("kind: policy\napiVersion: v1\nmetadata: {name: ~}\n", ["3:11: policy/?: metadata: 'name' is missing"]),
    (
        "kind: policy\napiVersion: v1\nmetadata: {name: a b}\n",
        ["3:18: policy/a b: metadata.name: 'a b': a name has 1 to 128 letters, digits, '_', '.', '/' or '-'"],
    ),
    (
        "kind: policy\napiVersion: v1\nmetadata: {name: é}\n",
        ["3:18: policy/é: metadata.name: 'é': a name has 1 to 128 letters, digits, '_', '.', '/' or '-'"],
    ),
    (
        'kind: policy\napiVersion: v1\nmetadata: {name: "a\\nb"}\n',
        ["3:18: policy/a\\nb: metadata.name: 'a\\nb': a name has 1 to 128 letters, digits, '_', '.', '/' or '-'"],
    ),
    (
        "kind: policy\napiVersion: v1\nmetadata: {name: ...}\n",
        ["3:18: policy/...: metadata.name: '...' has no letter or digit (choose another name)"],
    ),
    # labels and tags
    (
        "kind: profile\napiVersion: v1\nmetadata:\n  name: a\n  labels: {a b: c, d: -e, f: [g], h/i/j: k}\n",
        [
            "5:12: profile/a: metadata.labels['a b']: 'a b': a label is named with NAMED",
            "5:23: profile/a: metadata.labels.d: '-e': the value of a label is empty or has up to 63 letters, digits,"
            " '_', '.' or '-', and begins and ends with a letter or digit",
            "5:30: profile/a: metadata.labels.f: expected text, found a list",
            "5:35: profile/a: metadata.labels['h/i/j']: 'h/i/j': a label is named with NAMED",
        ],
    ),
    (
        f"kind: profile\napiVersion: v1\nmetadata: {{name: a, labels: {{{'a' * 400}: b}}}}\n",
        [f"3:30: profile/a: metadata.labels.{'a' * 400}: {'a' * 400!r}: a label is named with NAMED"],
    ),
    (
        "kind: profile\napiVersion: v1\nmetadata: {name: a, labels: {b: c}, tags: [b, -c]}\n",
        [
            "3:44: profile/a: metadata.tags[0]: tag 'b' is also the name of a label (rename one)",
            "3:47: profile/a: metadata.tags[1]: '-c': a tag has 1 to 63 letters, digits, '_', '.' or '-' and begins"
            " and ends with a letter or digit",
        ],
    ),
]  # fmt: skip
KIND_NAMES = ", ".join(kind.name for kind in KINDS)
NAMED = (
    "1 to 63 letters, digits, '_', '.' or '-', begins and ends with a letter or digit, and may have a DNS name and '/'"
    " before that"
)


@pytest.mark.parametrize(("text", "expected"), DOCUMENTS, ids=[row[0][:60] for row in DOCUMENTS])
def test_document_errors(text: str, expected: list[str]) -> None:
    assert problems(text) == [line.replace("KINDS", KIND_NAMES).replace("NAMED", NAMED) for line in expected]


# A selector that is wrong at its character 'b', as written in the spec, and where that is.
SELECTORS = [
    ("selector: has(a) b", "5:20"),
    ("selector: 'has(a) b'", "5:21"),
    ('selector: "has(a) b"', "5:21"),
    ("selector: '  has(a) b'", "5:23"),
    ("selector: a == 'é' || has(a) b", "5:32"),
    ("selector: |\n  has(a) b", "6:12"),
    ("selector: |-\n\n    has(a) b", "7:14"),
    ("{selector: has(a) b}", "5:21"),
    # where the text is not the selector itself, the value is pointed at
    ("selector: >\n  has(a)\n  b", "5:13"),
    ('selector: "has(\\x61) b"', "5:13"),
    ("selector: 'a == ''x'' b'", "5:13"),
    ("x: &s has(a) b\nselector: *s", "6:13"),
]


@pytest.mark.parametrize(("text", "place"), SELECTORS)
def test_selector_errors_point_into_the_selector(text: str, place: str) -> None:
    found = [problem for problem in problems(spec(text)) if "spec.selector" in problem]
    assert found == [f"{place}: policy/database: spec.selector: expected '&&' or '||', found 'b'"]


def test_errors_in_aliased_nodes_are_reported_at_anchor_and_alias() -> None:
    text = "ingress:\n- &a\n  action: alow\n  ipVersion: 04\n- *a\n- <<: *a\n  action: deny"
    found = validate_text(spec(text)).problems
    assert [(problem.position.line, problem.position.column, problem.path) for problem in found] == [
        (7, 13, "spec.ingress[0].action"),
        (8, 16, "spec.ingress[0].ipVersion"),
        (9, 5, "spec.ingress[1].action"),
        (9, 5, "spec.ingress[1].ipVersion"),
        (10, 9, "spec.ingress[2].ipVersion"),
    ]  # fmt: skip


def test_every_problem_of_every_document_is_found() -> None:
    text = spec("order: a") + "---\n" + spec("order: b", "profile") + "---\nkind: nothing\n---\n" + spec("order: 1")
    result = validate_text(text)
    assert [(problem.position.line, problem.subject) for problem in result.problems] == [
        (5, "policy/database"),
        (11, "profile/database"),
        (13, "nothing/?"),
    ]
    assert [str(item.identifier) for item in result.resources] == ["policy/database"]


# --- what is taken, and as what ----------------------------------------------------------------------------

# lines of a policy's spec, and its normal form beside the defaults
POLICIES = [
    ("order: 0x10", {"order": 16}),
    ("order: 0o17", {"order": 15}),
    ("order: +.5", {"order": 0.5}),
    ("order: 1e3", {"order": 1000}),
    ("order: 1.0e+20", {"order": 10**20}),
    ("order: 9007199254740993", {"order": 9007199254740992}),
    ("order: !!int '3'", {"order": 3}),
    ("order: ~\ningress:\nselector: ~\ntypes: null", {}),
    ("selector: |\n  has(a)\n", {"selector": "has(a)"}),
    ("selector: ' has(a) '", {"selector": " has(a) "}),
    ("doNotTrack: TRUE", {"doNotTrack": True}),
    ("doNotTrack: False", {}),
    ("types: [egress]", {"types": ["egress"]}),
    ("types: []", {}),
]


@pytest.mark.parametrize(("text", "expected"), POLICIES)
def test_normal_forms_of_policies(text: str, expected: dict[str, object]) -> None:
    assert normal_spec(spec(text)) == {"selector": "", "types": ["ingress"], **expected}


# a rule, and its normal form without action and empty sides
RULES = [
    ("protocol: 6", {"protocol": 6}),
    ("protocol: '06'", {"protocol": 6}),
    ("protocol: 0x06", {"protocol": 6}),
    (f"protocol: '{'0' * 5000}6'", {"protocol": 6}),
    (
        "protocol: icmp, icmp: {}, notICMP: {type: 8.0, code: 0}",
        {"protocol": "icmp", "notICMP": {"type": 8, "code": 0}},
    ),
    ("notProtocol: udp, ipVersion: 4", {"notProtocol": "udp", "ipVersion": 4}),
    ("source: {tag: 010, notTag: yes}", {"source": {"tag": "010", "notTag": "yes"}}),
    ("source: {tag: '', ports: [], selector: '', nets: []}", {}),
    ("source: {net: 10.1.2.3/8}", {"source": {"nets": ["10.1.2.3/8"]}}),
    ("destination: {net: 10.1.2.3/8}", {"destination": {"nets": ["10.0.0.0/8"]}}),
    ("destination: {notNet: 10.0.0.1}", {"destination": {"notNets": ["10.0.0.1/32"]}}),
    ("source: {nets: ['FD00:0::1', 'fd00::1/08']}", {"source": {"nets": ["fd00::1/128", "fd00::1/8"]}}),
    ("source: {selector: ' a == ''b'' '}", {"source": {"selector": " a == 'b' "}}),
    (
        "protocol: tcp, source: {ports: [80, '80', 80:90, 80:80, '0080:090', 22:59]}",
        {"protocol": "tcp", "source": {"ports": [80, 80, "80:90", 80, "80:90", "22:59"]}},
    ),
]


@pytest.mark.parametrize(("text", "expected"), RULES, ids=[row[0][:60] for row in RULES])
def test_normal_forms_of_rules(text: str, expected: dict[str, object]) -> None:
    for action in ("allow", "deny", "log", "pass"):
        rule = f"egress: [{{action: {action}, {text}}}]"
        empty: dict[str, object] = {"action": action, "source": {}, "destination": {}}
        assert normal_spec(spec(rule, "profile")) == {"egress": [{**empty, **expected}]}


def normal_spec(text: str) -> Mapping[str, Any]:
    result = validate_text(text)
    assert result.problems == []
    (item,) = result.resources
    assert item.resource is not None
    return item.resource.spec


def test_types_are_filled_in() -> None:
    rules = "ingress: [{action: allow}]", "egress: [{action: allow}]"
    assert normal_spec(spec(rules[0]))["types"] == ["ingress"]
    assert normal_spec(spec(rules[1]))["types"] == ["egress"]
    assert normal_spec(spec("\n".join(rules)))["types"] == ["ingress", "egress"]
    assert normal_spec("kind: policy\napiVersion: v1\nmetadata: {name: a}\n")["types"] == ["ingress"]


def test_text_stays_as_typed_where_text_belongs() -> None:
    labels = "{a: 1.10, b: true, c: 010, d: 1e3, e: 2016-01-01, f: ~, g: '', h: 0x1F, i: null, j: 'null', 1.10: x}"
    (item,) = validate_text(
        f"kind: profile\napiVersion: v1\nmetadata: {{name: 010, tags: [1.0, 007], labels: {labels}}}"
    ).resources
    assert item.resource is not None
    assert item.resource.metadata == {
        "name": "010",
        "tags": ["1.0", "007"],
        "labels": {
            "a": "1.10", "b": "true", "c": "010", "d": "1e3", "e": "2016-01-01", "f": "", "g": "", "h": "0x1F", "i": "",
            "j": "null", "1.10": "x",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "old"), [("yes", "true"), ("Y", "true"), ("on", "true"), ("no", "false"), ("n", "false"), ("OFF", "false")]
)
def test_yaml_1_1_booleans_are_text_with_a_warning(word: str, old: str) -> None:
    result = validate_text(
        f"kind: profile\napiVersion: v1\nmetadata: {{name: a, labels: {{b: {word}, c: '{word}'}}}}\n"
    )
    assert result.problems == []
    assert [str(warning) for warning in result.warnings] == [
        f"prod.yaml:3:33: profile/a: metadata.labels.b: '{word}' is taken as text; calicoctl 1.6 stored '{old}'"
        " (quote it)"
    ]


def test_a_valid_resource_has_its_position() -> None:
    result = validate_text("- {kind: policy, apiVersion: v1, metadata: {name: a}}\n")
    (item,) = result.resources
    assert (item.identifier, str(item.position)) == (Identifier("policy", ("a",)), "prod.yaml:1:3")


# --- identity only -----------------------------------------------------------------------------------------


def identify_text(text: str) -> tuple[list[str], list[str]]:
    result = identify(load([Source("a.yaml", text)], ["policy"]).documents)
    valid = [str(item.identifier) for item in result.resources if not item.deferred_problems]
    return valid, [str(problem) for problem in result.problems]


IDENTITIES = [
    ("kind: policy\nmetadata: {name: a, bogus: 1}\nspec: 5\n", ["policy/a"], []),
    ("kind: policy\nmetadata: {name: 010}\n", ["policy/010"], []),
    ("kind: policy\n", [], ["a.yaml:1:1: policy/?: metadata: 'name' is missing"]),
    ("kind: policy\nmetadata: 5\n", [], ["a.yaml:2:11: policy/?: metadata: 'name' is missing"]),
    (
        "kind: policy\nmetadata: {name: a b}\n",
        [],
        ["a.yaml:2:18: policy/a b: metadata.name: 'a b': a name has 1 to 128 letters, digits, '_', '.', '/' or '-'"],
    ),
    ("kind: nothing\n", [], [f"a.yaml:1:7: nothing/?: kind: unknown kind 'nothing' (kinds are {KIND_NAMES})"]),
]


@pytest.mark.parametrize(("text", "identifiers", "expected"), IDENTITIES)
def test_identity_needs_nothing_but_the_name(text: str, identifiers: list[str], expected: list[str]) -> None:
    assert identify_text(text) == (identifiers, expected)
