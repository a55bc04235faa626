"""Findings as SARIF."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.errors import Position
from calicoctl.findings import (
    MANIFEST_RULES,
    Finding,
)
from calicoctl.printers.findings.sarif import uri_for
from calicoctl.storage import PREFIX
from tests.support.findings import FINDINGS, render, single_finding
from tests.support.sarif import SARIF_VALIDATOR

# --- sarif -------------------------------------------------------------------------------------------------


def render_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Validate the log with the official schema and return its run."""
    log = json.loads(render("sarif", findings))
    assert [error.message for error in SARIF_VALIDATOR.iter_errors(log)] == []
    (run,) = log["runs"]
    return dict(run)


def test_the_schema_of_sarif_is_at_work() -> None:
    log = json.loads(render("sarif", FINDINGS))
    log["runs"][0]["results"][0]["level"] = "fatal"
    del log["runs"][0]["tool"]["driver"]["name"]
    assert len(list(SARIF_VALIDATOR.iter_errors(log))) == 2


def test_sarif_without_findings_still_has_results() -> None:
    run = render_sarif(())
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(MANIFEST_RULES)


def test_sarif() -> None:
    run = render_sarif(FINDINGS)
    results = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [each.problem.code for each in FINDINGS]
    assert [result["ruleId"] for result in results] == [each.problem.code for each in FINDINGS]
    assert [result["level"] for result in results] == ["error", "error", "error", "warning", "error"]
    assert results[0]["message"]["text"] == "policy/web: spec.ingress[0].action: 'alow' is not allowed"
    place = results[0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a.yaml"}, "region": {"startLine": 9, "startColumn": 13}}
    assert run["columnKind"] == "unicodeCodePoints"
    # A region begins at line 1 at least: what concerns the whole file has none.
    assert results[4]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "b.yaml"}}}]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("-", "stdin"),
        ("a.yaml", "a.yaml"),
        ("./policies/a.yaml", "policies/a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("my policies/50%#1?.yaml", "my%20policies/50%25%231%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),  # not a URI of a scheme `a`
        ("Grüße.yaml", "Gr%C3%BC%C3%9Fe.yaml"),
        ("latin-\udcfc.yaml", "latin-%FC.yaml"),
        ("/etc/calico/a b.yaml", "file:///etc/calico/a%20b.yaml"),
        (f"{PREFIX}profiles/web", "etcd:/calico/resources/v3/projectcalico.org/profiles/web"),
    ],
)
def test_uris(source: str, uri: str) -> None:
    assert uri_for(source) == uri
    render_sarif(single_finding(position=Position(source, 1, 1)))


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_a_uri_is_ascii_and_names_the_file(name: str) -> None:
    uri = uri_for(f"x{name}")
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", uri)
    assert unquote(uri) == f"x{name}"
