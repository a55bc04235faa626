"""Findings as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from calicoctl import __version__
from calicoctl.findings import CheckResult, Finding, RuleDoc
from calicoctl.printers.record import format_json
from calicoctl.storage import PREFIX

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def format_result(result: CheckResult) -> str:
    """Return one run with all findings. `results` is present even if empty: services reject a run without it."""
    rules = [_rule_to_dict(code, text, result.rule_docs.get(code)) for code, text in result.rules.items()]
    rule_indices = {code: number for number, code in enumerate(result.rules)}
    run = {
        "tool": {"driver": {"name": "calicoctl", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result_to_dict(finding, rule_indices) for finding in result.findings],
    }
    return format_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule_to_dict(code: str, text: str, rule_doc: RuleDoc | None) -> dict[str, Any]:
    """Return a rule for a code, with severity and help if the code is documented."""
    rule: dict[str, Any] = {"id": code, "shortDescription": {"text": text}}
    if rule_doc:
        rule |= {
            "name": rule_doc.name,
            "fullDescription": {"text": rule_doc.meaning},
            "help": {"text": rule_doc.text, "markdown": rule_doc.text},
            "defaultConfiguration": {"level": rule_doc.severity.value},
        }
    return rule


def _result_to_dict(finding: Finding, rule_indices: Mapping[str, int]) -> dict[str, Any]:
    problem = finding.problem
    location: dict[str, Any] = {"physicalLocation": _physical_location(*problem.position)}
    if problem.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.subject, "kind": "resource"}]
    return {
        "ruleId": problem.code,
        "ruleIndex": rule_indices[problem.code],
        "level": finding.severity.value,
        "message": {"text": ": ".join(filter(None, (problem.subject, problem.path, problem.message)))},
        "locations": [location],
    }


def _physical_location(source: str, line: int, column: int) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": uri_for(source)}}
    if line:
        location["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return location


def uri_for(source: str) -> str:
    """Return the URI of a file (RFC 3986), relative for a relative path.

    Standard input is `stdin`. A key in the datastore has the scheme etcd: `etcd:/calico/...`.
    """
    if source == "-":
        return "stdin"
    if source.startswith(PREFIX):
        return f"etcd:{quote(source)}"
    path = PurePath(source)
    # The bytes of the name, which need not be UTF-8.
    return Path(source).as_uri() if path.is_absolute() else quote(os.fsencode(path))
