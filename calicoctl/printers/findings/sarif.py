"""Findings as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from calicoctl import __version__
from calicoctl.findings import Checked, Finding, Page
from calicoctl.storage import PREFIX

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def show(checked: Checked) -> str:
    """One run with all findings; `results` is there even when it is empty, for services refuse a run without."""
    rules = [_rule(code, text, checked.pages.get(code)) for code, text in checked.rules.items()]
    numbers = {code: number for number, code in enumerate(checked.rules)}
    run = {
        "tool": {"driver": {"name": "calicoctl", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers) for finding in checked.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str, text: str, page: Page | None) -> dict[str, Any]:
    """What a code stands for; with a page also how bad that is, and all that there is to read."""
    rule: dict[str, Any] = {"id": code, "shortDescription": {"text": text}}
    if page:
        rule |= {
            "name": page.name,
            "fullDescription": {"text": page.meaning},
            "help": {"text": page.text, "markdown": page.text},
            "defaultConfiguration": {"level": page.severity.value},
        }
    return rule


def _result(finding: Finding, numbers: Mapping[str, int]) -> dict[str, Any]:
    problem = finding.problem
    location: dict[str, Any] = {"physicalLocation": _place(*problem.position)}
    if problem.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.subject, "kind": "resource"}]
    return {
        "ruleId": problem.code,
        "ruleIndex": numbers[problem.code],
        "level": finding.severity.value,
        "message": {"text": ": ".join(filter(None, (problem.subject, problem.path, problem.message)))},
        "locations": [location],
    }


def _place(source: str, line: int, column: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri_of(source)}}
    if line:
        place["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return place


def uri_of(source: str) -> str:
    """The URI of a file (RFC 3986): relative where the path is. Standard input, which has none, is called `stdin`.

    A key in the datastore is no file, and says so: `etcd:/calico/...`.
    """
    if source == "-":
        return "stdin"
    if source.startswith(PREFIX):
        return f"etcd:{quote(source)}"
    path = PurePath(source)
    # The bytes of the name are what counts, be they UTF-8 or not.
    return Path(source).as_uri() if path.is_absolute() else quote(os.fsencode(path))
