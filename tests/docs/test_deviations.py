"""docs/migration/calicoctl-1.6.5.md lists every deviation that tests/golden/deviations.py has a rule for."""

from __future__ import annotations

import re

from tests.docs.conftest import ROOT
from tests.golden.deviations import RULES

PAGE = (ROOT / "docs" / "migration" / "calicoctl-1.6.5.md").read_text(encoding="utf-8")
TABLE = [line.strip("| ").split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| ")]
TABLE = [cell for cell in TABLE if cell not in {"difference", "---"}]

ROWS = {
    "text as typed": "`010`, `1.10`, `20:21` in a text field",
    "text as typed in lists": "numbers and booleans in a text field, in a list of resources",
    "text that looks like a number without end": "`1e30`, `.inf` in a text field",
    "text as typed, in JSON": "`n` as a key in JSON",
    "labels as typed": "`.5` as a label",
    "booleans of YAML 1.1": "`yes`, `no`, `on`, `off`, `y`, `n` in a boolean field",
    "numbers of YAML 1.1": "numbers with a leading zero, `_` or `0b`",
    "tags": "unknown tags, such as an unquoted `!has(x)`",
    "!!float on text": "`!!float 3`",
    "!!float on a number": "`!!float 3`",
    "':' inside flow collections": "`[80:90]`, `[fe80::/64]`",
    "blank documents": "blank documents between two `---`",
    "content on the line of '---'": "content on the `---` line",
    "%YAML directives": "`%YAML` at the top",
    "any size": "documents over 64 KiB",
    "several JSON documents": "several JSON documents, one after the other",
    "networks of the empty text": "an empty text as a network",
    "networks of the empty text, when listing": "an empty text as a network",
    "IPv4-mapped networks": "IPv4-mapped networks: `::ffff:1.2.3.4/96`",
    "what the agent refuses": "values that Felix 3.x refuses, such as `icmp` without the protocol",
    "names without a letter or digit": "names without a letter or digit, `projectcalico-default-allow`",
    "labels that Kubernetes does not take": "labels and tags that are not valid in Kubernetes, such as `-a`",
    "selectors of Calico 3": "`contains`, `starts with` and `ends with` in selectors",
    "null in a list": "`null` in a list",
    "names of pools": "`name` of an IP pool",
    "overlapping pools": "IP pools that overlap",
    "the scope of a BGP peer follows from its node": "`delete bgpPeer` with `--node`, without `--scope`",
    "get -f wants the whole identity": "`get -f` of a peer without `scope` or `node`",
    "nodes that are still in use": "`delete node` of a node in use",
    "delete -f of a node with what names it": "`delete -f` of a node together with its endpoints",
    "cells of absent values": "a column without a value, such as `MAC`",
    "the IPv6 gateway": "the column `IPV6GATEWAY`",
    "pools have names": "`get pool -o wide`",
    "get all": "`get all`",
    "one table a kind": "`get -f` of several kinds",
    "one table a kind, wide": "`get -f` of several kinds",
    "control characters": "control characters, such as a tab in a selector",
    "control characters in tables": "control characters, such as a tab in a selector",
    "the same resource twice": "the same resource twice in one command",
    "delete -f needs the identity only": "`get -f`, `delete -f`",
    "several names": "several names, `KIND/NAME`, directories, several `-f`",
    "several names to get": "several names, `KIND/NAME`, directories, several `-f`",
    "-o name": "`-o name`",
    "a comma at the end of custom columns": "a comma at the end of `-o custom-columns`",
    "get of something absent": "`get` of a name that does not exist",
    "delete of '.' and '..'": "`delete policy .`, `delete node ..`",
    "unknown columns": "`-o custom-columns` with an unknown column",
    "filters that do not concern the kind": "a filter that does not apply to the kind, such as `get profile --scope`",
    "Go templates": "`-o go-template`",
}
"""The row that a rule has, by its first cell. A rule that is not here has a row of its own name."""


def test_every_rule_has_its_row() -> None:
    assert [rule.name for rule in RULES if ROWS.get(rule.name, rule.name) not in TABLE] == []


def test_only_rules_are_mapped() -> None:
    assert set(ROWS) <= {rule.name for rule in RULES}


def test_no_row_is_there_twice() -> None:
    assert len(TABLE) == len(set(TABLE))
    assert all(re.fullmatch(r"\| .+ \| .+ \| .+ \|", line) for line in PAGE.splitlines() if line.startswith("|"))
