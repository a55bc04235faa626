"""Where we differ from calicoctl 1.6.5, and why: each rule names the rows that it explains. All others must agree.

A row that a rule names has to differ indeed, so a rule can't outlive its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.support.recordings import Manifest, Row, parse_as_typed

USAGE, INVALID, CONFLICT, NOT_FOUND = 2, 3, 5, 6


@dataclass(frozen=True)
class Rule:
    """What we do in place of what 1.6.5 did. With an exit code other than 0 nothing may be written."""

    name: str
    reason: str
    exit_code: int
    rows: tuple[str, ...]
    shows: Callable[[Row], list[Manifest]] | None = None
    """The resources that `get` has to show afterwards."""
    prints: tuple[str, ...] | None = None
    """The lines that the command has to print."""


def _resources_as_typed(row: Row) -> list[Manifest]:
    return parse_as_typed(row["manifest"])


def _rejects(name: str, reason: str, rows: str, exit_code: int = INVALID) -> Rule:
    return Rule(name, reason, exit_code, tuple(rows.split()))


def _accepts(name: str, reason: str, rows: str, shows: Callable[[Row], list[Manifest]] = _resources_as_typed) -> Rule:
    return Rule(name, reason, 0, tuple(rows.split()), shows)


def _prints(name: str, reason: str, rows: str, *prints: str) -> Rule:
    return Rule(name, reason, 0, tuple(rows.split()), prints=prints)


def _profile(name: str, **metadata: object) -> Manifest:
    return {"apiVersion": "v1", "kind": "profile", "metadata": {"name": name, **metadata}, "spec": {}}


def _policy(name: str, **spec: object) -> Manifest:
    spec = {"selector": "", "types": ["ingress"], **spec}
    return {"apiVersion": "v1", "kind": "policy", "metadata": {"name": name}, "spec": spec}


_TABLES = {
    "profile": """
KIND      NAME
profile   p1
profile   p2
""",
    "policy": """
KIND     NAME
policy   a
policy   b
""",
    "node": """
KIND   NAME
node   n1
node   n2
""",
    "ipPool": """
KIND     CIDR
ipPool   10.0.0.0/16
ipPool   10.1.0.0/16
""",
    "bgpPeer": """
KIND      SCOPE    PEERIP    NODE   ASN
bgpPeer   global   1.2.3.4          64512
bgpPeer   node     1.2.3.5   n1     64512
""",
    "hostEndpoint": """
KIND           NODE   NAME
hostEndpoint   n1     h1
hostEndpoint   n2     h2
""",
    "workloadEndpoint": """
KIND               NODE   ORCHESTRATOR   WORKLOAD   NAME
workloadEndpoint   n1     docker         w1         e1
workloadEndpoint   n2     cni            w2         e2
""",
}

_WIDE_TABLES = {
    "node": """
KIND   NAME   ASN     IPV4         IPV6
node   n1     65001   1.2.3.4/24
node   n2
""",
    "bgpPeer": """
KIND      SCOPE    PEERIP    NODE   ASN
bgpPeer   global   1.2.3.4          64512
bgpPeer   node     1.2.3.5   n1     64512
""",
    "hostEndpoint": """
KIND           NODE   NAME   INTERFACE   IPS               PROFILES
hostEndpoint   n1     h1     eth0
hostEndpoint   n2     h2                 1.2.3.4,1.2.3.5   a,b
""",
    "workloadEndpoint": """
KIND               NODE   ORCHESTRATOR   WORKLOAD   NAME   NETWORKS     NATS   INTERFACE   PROFILES
workloadEndpoint   n1     docker         w1         e1                         cali0
workloadEndpoint   n2     cni            w2         e2     1.2.3.4/32          c1          a,b
""",
    "ipPool": """
KIND     CIDR          NAT     IPIP    NAME
ipPool   10.0.0.0/16   false   false
ipPool   10.1.0.0/16   true    true
""",
    "policy": """
KIND     NAME   ORDER   SELECTOR
policy   a      1.5     role == 'x'
policy   b      <nil>
""",
    "profile": """
KIND      NAME   TAGS
profile   p1     t1,t2
profile   p2
""",
}


def _lines(tables: Iterable[str]) -> list[str]:
    """Tables with an empty line between two."""
    return "\n".join(table.lstrip("\n") for table in tables).rstrip().splitlines()


_STRINGS = (
    _accepts(
        "text as typed",
        "a plain scalar where text belongs is that text: 1.6.5 rewrote yes, 010 and 1.10",
        """
        nm-coerce-3-0x10 nm-coerce-4-010 nm-coerce-6-yes nm-coerce-10-1_000 hep-name-slash
        lb-val-2 lb-val-3 lb-val-17 lb-val-18
        y11-label-0 y11-label-1 y11-label-2 y11-label-3 y11-label-4 y11-label-5 y11-label-6 y11-label-7 y11-label-9
        y11-label-10 y11-label-11 y11-label-19 y11-label-21 y11-label-23 y11-label-25 y11-label-26 y11-label-28
        y11-label-29 y11-label-30 y11-label-31 y11-label-34 y11-label-36 y11-label-38 y11-label-55 y11-label-56
        y11-label-57 y11-label-59 y11-label-64 y11-label-66 y11-label-67 y11-label-68 y11-label-69 y11-label-70
        y11-key-0 y11-key-2 y11-key-3 y11-key-6 y11-key-11 y11-key-12
        """,
    ),
    _accepts(
        "text as typed in lists",
        "what one resource may say, a list of resources may say as well: 1.6.5 refused numbers and booleans there",
        """
        nm-coerce-list-1-1.5 lb-val-list-0 lb-val-list-1 lb-val-list-4 lb-val-list-5 lb-val-list-6 lb-val-list-17
        lb-val-list-18 lb-val-list-23 lb-val-list-24 x-list-coerce-ann x-list-coerce-iface x-json-list-coerce
        y11-list-0 y11-list-4 y11-list-5 y11-list-6 y11-list-7 y11-list-8 y11-list-12 y11-list-19 y11-list-20
        y11-list-21 y11-list-22 y11-list-23 y11-list-24 y11-list-25 y11-list-27 y11-list-29 y11-list-30 y11-list-31
        y11-list-32 y11-list-34 y11-list-36 y11-list-38 y11-list-47 y11-list-49 y11-list-54 y11-list-57 y11-list-59
        y11-list-61 y11-list-62 y11-list-64 y11-list-65 y11-list-66 y11-list-68 y11-list-69 y11-list-70 y11-list-74
        y11-list-75
        """,
    ),
    _accepts(
        "text that looks like a number without end",
        "'.inf' and 1e30 are text where text belongs: 1.6.5 turned them into numbers and then refused those",
        "nm-coerce-12-.inf lb-val-24 y11-label-47 y11-label-48",
    ),
    Rule(
        "text as typed, in JSON",
        "the key `n` of an annotation stays 'n': 1.6.5 made it 'false'",
        0,
        ("yo-long-selector-json",),
        lambda row: parse_as_typed(row["setup"][0]["manifest"]),
    ),
    _rejects(
        "labels as typed",
        "'.5' is not rewritten to 0.5, and as typed it is no Kubernetes label",
        "lb-val-25",
    ),
)

_YAML = (
    _rejects(
        "booleans of YAML 1.1",
        "yes, n and off are text in YAML 1.2: true and false mean the same to every reader",
        "dnt-6 y11-bool-0 y11-bool-1 y11-bool-3",
    ),
    _rejects(
        "numbers of YAML 1.1",
        "a leading zero, '_' and '0b' are read differently by different tools",
        "port-38 y11-port-5 y11-port-7 y11-port-10 y11-order-5",
    ),
    _rejects("duplicate keys", "1.6.5 took the last one silently", "lb-dup x-dup-kind"),
    _rejects(
        "field names in another case",
        "a misspelt field gets the right spelling as an answer; matching by case hid typing errors",
        "tm-key-case uf-case-insensitive uf-notProtocol-lower",
    ),
    _rejects(
        "tags",
        "an unquoted !has(x) is a YAML tag, and 1.6.5 made it the empty selector, which selects everything",
        "sel-unquoted-bang doc-binary-tag y11-label-76 y11-label-82 y11-list-78 y11-list-81",
    ),
    _accepts(
        "!!float on text",
        "the text of '!!float 3' is 3",
        "y11-label-75",
    ),
    _accepts(
        "!!float on a number",
        "3 is a float where a number belongs",
        "y11-order-10",
        lambda _: [_policy("pol1", order=3)],
    ),
    _accepts(
        "':' inside flow collections",
        "[80:90] and [fe80::/64] are plain scalars to any reader of YAML 1.2",
        "port-41 port-43 nets-5 nets-19",
    ),
    _accepts("blank documents", "there is nothing wrong with them", "doc-two-docs-blank-middle"),
    _accepts(
        "content on the line of '---'",
        "1.6.5 threw it away silently",
        "doc-sep-with-content-same-line",
    ),
    _accepts("%YAML directives", "they are valid YAML", "x-yaml-directive x-yaml-directive-1.2"),
    _accepts("any size", "1.6.5 read at most 64 KiB a document", "doc-very-long-line big-doc-65537"),
    _accepts(
        "several JSON documents",
        "they are unambiguous, and jq prints them so",
        "doc-json-two-concatenated",
        lambda row: [_profile("p1"), _profile("p2")],
    ),
)

_VALUES = (
    _rejects(
        "networks of the empty text",
        "1.6.5 stored <nil>, and the whole policy vanished from get",
        "net-9 nets-9 x-nets-empty-string-mid",
    ),
    Rule(
        "networks of the empty text, when listing",
        "the whole manifest is refused, so nothing is listed; 1.6.5 listed one policy and hid the other",
        0,
        ("net-blank-then-get",),
        prints=("NAME",),
    ),
    _rejects("IPv4-mapped networks", "1.6.5 turned ::ffff:1.2.3.4/96 into 1.2.3.4/0: everything", "net-20"),
    _rejects(
        "what the agent refuses",
        "Felix drops the labels of a profile that its validator refuses: icmp wants an icmp protocol of that version",
        "icmp-noproto icmp-v6-proto-v4 rule-full",
    ),
    _rejects(
        "names without a letter or digit",
        "they can't be stored in v3, and '.' and '..' left their directory in etcd v2",
        "nm-profile-10 nm-policy-10 nm-profile-21 nm-policy-21 x-profile-dotdot-traversal",
    ),
    _rejects(
        "labels that Kubernetes does not take",
        "the agent refuses the whole profile for them",
        "lb-key-9 lb-val-14 lb-val-list-12",
    ),
    _accepts(
        "a tag that is given twice",
        "a tag is there or not: it is stored once",
        "tag-ok",
        lambda _: [_profile("p1", tags=["a", "b"])],
    ),
    _accepts(
        "selectors of Calico 3",
        "the agent knows contains, starts with and ends with, and labels that begin with 'in'",
        "sel-53 sel-59 sel-75",
    ),
)

_ENDPOINTS = (
    _rejects("null in a list", "1.6.5 made it the empty text, which is no address", "hep-ip-null"),
    _rejects(
        "overlapping pools",
        "Calico 3 refuses a new pool that overlaps with another one",
        "pool-overlap",
        CONFLICT,
    ),
    _accepts(
        "names of pools",
        "a pool that was made with Calico 3 has a name of its own, and keeps it",
        "pool-name",
    ),
    Rule(
        "the scope of a BGP peer follows from its node",
        "a peer with a node has scope node",
        0,
        ("crud-delete-bgp-node-noscope",),
        prints=("bgpPeer/node/n1/1.2.3.5 deleted", "1 deleted"),
    ),
    _rejects(
        "get -f wants the whole identity",
        "1.6.5 took a bgpPeer without scope for a filter",
        "x-get-file-bgp-noscope",
    ),
    _rejects(
        "nodes that are still in use",
        "1.6.5 deleted everything that named the node without a word: --cascade does, and says so",
        "crud-delete-node",
        CONFLICT,
    ),
    Rule(
        "delete -f of a node with what names it",
        "the command deletes all of it; 1.6.5 stopped at what had gone with the node",
        0,
        ("crud-delete-all",),
        lambda _: [],
    ),
)

_OUTPUT = (
    _prints("cells of absent values", "they are blank, not <nil>", "get-cc-wep-one", "MAC", "", "ee:ee:ee:ee:ee:ee"),
    _prints(
        "the IPv6 gateway",
        "1.6.5 showed the IPv4 gateway there",
        "x-cc-gateways",
        "IPV4GATEWAY   IPV6GATEWAY",
        "1.1.1.1       fd00::1",
    ),
    _prints(
        "pools have names",
        "the name that a pool has in Calico 3 is shown where it is not the usual one",
        "get-pool-wide",
        "CIDR          NAT     IPIP    NAME",
        "10.0.0.0/16   false   false",
        "10.1.0.0/16   true    true",
    ),
    _prints("get all", "every kind that has something", "get-kind-all", *_lines(_TABLES.values())),
    _prints(
        "one table a kind",
        "1.6.5 printed one for each resource of a file",
        "get-file-multi",
        *_lines(_TABLES[kind] for kind in _WIDE_TABLES),
    ),
    _prints("one table a kind, wide", "as above", "get-file-multi-wide", *_lines(_WIDE_TABLES.values())),
    _accepts(
        "control characters",
        "one DEL in an annotation made get -o yaml fail for all policies",
        "yo-49",
    ),
)

_COMMANDS = (
    _rejects(
        "the same resource twice",
        "the last one won silently, or the command stopped midway",
        "crud-apply-dup-in-file x-replace-dup x-get-file-table-dup",
    ),
    Rule(
        "delete -f needs the identity only",
        "what a resource says does not matter when it goes",
        0,
        ("x-delete-invalid-body", "x-delete-only-metadata", "x-delete-wep-only-metadata"),
        lambda _: [],
    ),
    _prints(
        "several names",
        "both are deleted",
        "crud-delete-two-names",
        "profile/p1 deleted",
        "profile/p2 deleted",
        "2 deleted",
    ),
    _prints("several names to get", "both are printed", "get-two-names", "NAME", "p1", "p2"),
    _prints("-o name", "for the shell", "get-out-19", "profile/p1", "profile/p2"),
    _prints("a comma at the end of custom columns", "it is clear what is meant", "get-out-6", "NAME", "p1", "p2"),
    _prints(
        "control characters in tables",
        "a tab in a selector broke the table",
        "sel-tab-wide",
        "NAME   ORDER   SELECTOR",
        "p1     <nil>   a ==\\t'x'",
        "p2     <nil>   has(b)",
    ),
    _rejects(
        "get of something absent",
        "a script can tell that it is not there",
        """
        get-name-missing-yaml nm-policy-knp-get
        crud-get-file-missing-hep crud-get-file-missing-wep crud-get-file-missing-pool crud-get-file-missing-bgpnode
        """,
        NOT_FOUND,
    ),
    _rejects(
        "delete of '.' and '..'",
        "1.6.5 deleted all policies and profiles, or everything, and reported one deletion",
        "x-policy-dot-delete dg-delete-policy-dot dg-delete-profile-dotdot dg-delete-node-dotdot",
        CONFLICT,
    ),
    _rejects("unknown columns", "1.6.5 printed the reason as a result, exit 0", "get-out-3 get-file-cc-bad", USAGE),
    _rejects(
        "filters that do not concern the kind",
        "1.6.5 ignored them silently",
        "get-profile-scope-flag",
        USAGE,
    ),
    _rejects(
        "Go templates",
        "they are programs in Go over its own structs: -o json and custom columns take their place",
        """
        get-out-8 get-out-10 get-out-14 get-out-15 get-out-23 get-out-24 get-out-25 get-out-26
        x-tmpl-0 x-tmpl-3 x-tmpl-4 x-tmpl-6 x-tmpl-7 x-tmpl-file-input
        """,
        USAGE,
    ),
)

RULES: tuple[Rule, ...] = (*_STRINGS, *_YAML, *_VALUES, *_ENDPOINTS, *_OUTPUT, *_COMMANDS)
