"""explain: every kind and every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from calicoctl.kinds import KINDS
from calicoctl.schema.document_kinds import DOCUMENT_KINDS
from tests.support.runner import Calicoctl, Result
from tests.support.schemas import printed_schema

KIND_NAMES = [kind.name for kind in KINDS]


def schema_fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part.get("description", "")
        yield from schema_fields(part.get("items", part), f"{path}.{name}")


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_field_is_explained(calicoctl: Calicoctl, kind: str) -> None:
    """The schema that `schema` prints names the fields; each has its page, and its parent's page lists it."""
    paths = list(schema_fields(printed_schema(calicoctl, kind), kind))
    assert len(paths) > 4
    for path, meaning in paths:
        result = calicoctl("explain", path)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"KIND:     {kind}\nFIELD:    ")
        words = " ".join(result.stdout.split())
        assert " ".join(meaning.split()) in words
        parent, _, name = path.rpartition(".")
        listing = calicoctl("explain", parent).stdout.partition("\nFIELDS:\n")[2]
        assert name in [line.split()[0] for line in listing.splitlines()]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "policy.spec.ingress.action",
            ["VALUES:   allow, deny, log, pass", "FIELD:    spec.ingress[].action (required)"],
        ),
        ("POLS.spec.ingress[0].action", ["FIELD:    spec.ingress[].action (required)"]),
        ("pool.spec.ipip.mode", ['VALUES:   always, cross-subnet, ""']),
        ("bp.metadata.scope", ["VALUES:   global, node"]),
        ("wep.spec.ipNATs", ["TYPE:     list of", "FIELDS:", "  internalIP"]),
        ("node.metadata", ["\n  name ", " text (required)\n"]),
        ("storedobject.metadata.key", ["KIND:     storedObject", "TYPE:     text", "LIMITS:   a key is /calico/"]),
    ],
)
def test_explain_output(calicoctl: Calicoctl, path: str, expected: list[str]) -> None:
    output = calicoctl("explain", path).stdout
    assert [text for text in expected if text not in output] == []


def test_without_a_kind_all_kinds_are_listed(calicoctl: Calicoctl) -> None:
    heading, *lines = calicoctl("explain").stdout.splitlines()
    assert heading.split() == ["KIND", "ALIASES", "MEANING"]
    assert [line.split()[0] for line in lines] == [*KIND_NAMES, "policyTest", "storedObject"]
    records = json.loads(calicoctl("explain", "-o=json").stdout)
    assert records[0]["aliases"] == ["profiles", "pro", "pros"]
    assert [record["meaning"] in line for record, line in zip(records, lines, strict=True)] == [True] * len(lines)


@pytest.mark.parametrize(
    ("path", "stderr"),
    [
        ("ipPool.spec.ipipp", "ipPool.spec has no field 'ipipp' (did you mean 'ipip'?)\n"),
        ("policy.spec.Ingress", "policy.spec has no field 'Ingress' (did you mean 'ingress'?)\n"),
        ("node.spec.bgp.zzz", "node.spec.bgp has no field 'zzz' (fields are asNumber, ipv4Address, ipv6Address)\n"),
        ("policy.spec.order.x", "policy.spec.order has no field 'x' (it has no fields)\n"),
        ("ipPol", "unknown kind 'ipPol' (did you mean 'ipPool'?)\n"),
        ("zzz", f"unknown kind 'zzz' (kinds are {', '.join(DOCUMENT_KINDS)})\n"),
    ],
)
def test_unknown_fields(calicoctl: Calicoctl, path: str, stderr: str) -> None:
    assert calicoctl("explain", path) == Result(2, "", stderr)
