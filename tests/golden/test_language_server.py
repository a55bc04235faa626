"""An editor with yaml-language-server marks what `validate` reports by a schema, in every recorded manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from calicoctl.findings import DOCUMENT, SCHEMA, UNREADABLE, YAML
from tests.docs.conftest import ROOT
from tests.support.language_server import NOT_INSTALLED, Diagnostic, running_language_server
from tests.support.recordings import load_rows, manifest_bytes

pytestmark = NOT_INSTALLED
Mark = tuple[int | str, ...]
"""A line with a problem, or `missing` and the name of a field."""
_FIELD = re.compile(r"(\w+):\s*$")
_NULL = re.compile("|null|Null|NULL|~")


class Marked(NamedTuple):
    """The problems of a manifest."""

    text: str
    findings: list[dict[str, Any]]
    """Findings of `validate -o json`."""
    diagnostics: list[Diagnostic]

    def ours(self) -> dict[Mark, str]:
        """Problems of the schema that calicoctl reports, with their messages."""
        return {_finding_mark(each): each["message"] for each in self.findings if each["code"] == SCHEMA}

    def theirs(self) -> dict[Mark, str]:
        """Problems of the schema that the editor marks."""
        return {self._diagnostic_mark(each): each.message for each in self.diagnostics if each.is_schema}

    def _diagnostic_mark(self, diagnostic: Diagnostic) -> Mark:
        if missing := re.fullmatch('Missing property "(.*)".', diagnostic.message):
            return ("missing", missing[1])
        if _NULL.fullmatch(diagnostic.text):
            line = self.text.splitlines()[diagnostic.line - 1]
            if field := _FIELD.search(line[: diagnostic.column - 1]):
                return ("missing", field[1])
        return (diagnostic.line,)


def _finding_mark(finding: dict[str, Any]) -> Mark:
    missing = re.match("'(.*)' is missing", finding["message"])
    return ("missing", missing[1]) if missing else (finding["line"],)


AGREED_EDITOR_ONLY: dict[str, Callable[[Marked, Mark, str], bool]] = {
    # Programs of YAML 1.1, such as calicoctl 1.6, read other values: with quotes all read the same.
    "a text needs quotes if it is a number or a boolean": lambda _, __, message: 'Expected "string"' in message,
    "null is a value, not an absent field": lambda marked, mark, message: (
        mark[0] == "missing" and not message.startswith("Missing")
    ),
    "the editor does not have the tag !!float": lambda marked, _, __: "!!float" in marked.text,
    "a required field with another name is missing": lambda marked, mark, _: (
        mark[0] == "missing" and f"did you mean {mark[1]!r}" in str(marked.findings)
    ),
}
"""Problems that only the editor marks."""
AGREED_CALICOCTL_ONLY: dict[str, Callable[[str], bool]] = {
    "a pattern does not compare both ends of a range": lambda message: "the range ends before" in message,
    "a pattern does not find all spellings of an IPv4-mapped address": lambda message: "IPv4-mapped" in message,
    "the editor reads numbers as YAML 1.2 does": lambda message: "is read differently by different tools" in message,
    "JSON Schema has no keyword for finite numbers": lambda message: "is not finite, or too large" in message,
}
"""Problems that only calicoctl reports."""


def _manifests() -> Iterator[tuple[str, str]]:
    for row in load_rows("v1-oracle"):
        for step in (row, *row.get("setup", ())):
            if isinstance(step["manifest"], str) and not step["manifest"].startswith("base64:"):
                yield row["id"], step["manifest"]
    for row in load_rows("convert"):
        yield row["id"], json.dumps(row["v1"])
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def marked_manifests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Marked]:
    """Every manifest, with the findings of `validate` and the marks of the editor."""
    from click.testing import CliRunner

    from calicoctl.cli import main

    folder, schemas = tmp_path_factory.mktemp("manifests"), tmp_path_factory.mktemp("schemas")
    assert CliRunner().invoke(main, ("schema", "--all", str(schemas))).exit_code == 0
    names = {text: name for name, text in _manifests()}
    texts = {folder / f"{number}.yaml": text for number, text in enumerate(names)}
    for path, text in texts.items():
        path.write_bytes(manifest_bytes(text))
    findings = json.loads(CliRunner().invoke(main, ("validate", str(folder), "-o", "json")).stdout)
    with running_language_server(schemas={(schemas / "calico-v1.json").as_uri(): "*.yaml"}) as server:
        diagnostics = server.check(texts)
    return {
        names[text]: Marked(text, [each for each in findings if each["file"] == str(path)], diagnostics[path])
        for path, text in texts.items()
    }


def test_the_editor_marks_what_validate_reports_by_the_schema(marked_manifests: dict[str, Marked]) -> None:
    differences, applied = [], set()
    for name, marked in marked_manifests.items():
        if {each["code"] for each in marked.findings} & {YAML, DOCUMENT, UNREADABLE}:
            continue  # other documents of the manifest are not validated
        ours, theirs = marked.ours(), marked.theirs()
        for mark, message in theirs.items():
            if mark not in ours:
                reasons = [reason for reason, holds in AGREED_EDITOR_ONLY.items() if holds(marked, mark, message)]
                applied.update(reasons)
                differences += [] if reasons else [(name, "editor only", mark, message)]
        for mark, message in ours.items():
            if mark not in theirs:
                reasons = [reason for reason, holds in AGREED_CALICOCTL_ONLY.items() if holds(message)]
                applied.update(reasons)
                differences += [] if reasons else [(name, "calicoctl only", mark, message)]
    assert differences == []
    assert applied == {*AGREED_EDITOR_ONLY, *AGREED_CALICOCTL_ONLY}


def test_the_editor_marks_documents_that_are_no_resources(marked_manifests: dict[str, Marked]) -> None:
    unmarked = {
        name: [each["message"] for each in marked.findings]
        for name, marked in marked_manifests.items()
        if DOCUMENT in {each["code"] for each in marked.findings} and not marked.diagnostics
    }
    assert unmarked == {}
