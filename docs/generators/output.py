"""docs/reference/{output,exit-codes,findings}.md and docs/lint.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.analysis.lint import CHECKS
from calicoctl.findings import MANIFEST_RULES
from calicoctl.printers.connectivity import OUTPUT_FORMATS as CONNECTIVITY_FORMATS
from calicoctl.printers.connectivity.json import FIELDS as CONNECTIVITY_FIELDS
from calicoctl.printers.findings import OUTPUT_FORMATS as FINDINGS_FORMATS
from calicoctl.printers.findings.json import FIELDS as FINDINGS_FIELDS
from calicoctl.printers.policy_tests import OUTPUT_FORMATS as TEST_FORMATS
from calicoctl.printers.resources import OUTPUT_FORMATS as GET_FORMATS
from docs.generators.commands import exit_codes
from docs.generators.markdown import table

_GET_FORMATS = {
    "ps": "a table with the identifiers of the resources. The default",
    "wide": "a table with all columns",
    "yaml": "a manifest, which can be applied again",
    "json": "the same in JSON",
    "name": "`kind/name`, one in each line",
    "custom-columns=HEADING,...": "a table with these [columns](kinds.md)",
}


def format_table(formats: Mapping[str, str]) -> str:
    """The output formats of a command."""
    return table(("format", "output"), [(f"`{name}`", meaning) for name, meaning in formats.items()])


def _field_table(fields: Mapping[str, str]) -> str:
    return table(("field", "meaning"), [(f"`{name}`", meaning) for name, meaning in fields.items()])


def output_page() -> Iterator[str]:
    """The output formats of all commands."""
    yield "# Output formats\n"
    yield "Every command has `-o json`. Commands that write have `text`, the default, and `json`.\n"
    yield "## Get\n"
    yield "Formats of `calicoctl get -o`:\n"
    yield format_table({name: _GET_FORMATS[name] for name in GET_FORMATS})
    yield "## Validate and lint\n"
    yield "Formats of `calicoctl validate -o` and `calicoctl lint -o`, with these [fields](findings.md):\n"
    yield format_table(FINDINGS_FORMATS)
    yield "## Test\n"
    yield "Formats of `calicoctl test -o`:\n"
    yield format_table(TEST_FORMATS)
    yield "## Connectivity\n"
    yield "Formats of `calicoctl connectivity -o`:\n"
    yield format_table(CONNECTIVITY_FORMATS)
    yield "`-o json` prints an object with these fields:\n"
    yield _field_table(CONNECTIVITY_FIELDS)


def exit_codes_page() -> Iterator[str]:
    """The exit codes."""
    yield "# Exit codes\n"
    yield table(("code", "meaning"), [(str(number), meaning) for number, meaning in exit_codes()])


def findings_page() -> Iterator[str]:
    """The fields and codes of findings."""
    yield "# Findings\n"
    yield "Findings are the output of `calicoctl validate` and `calicoctl lint`.\n"
    yield "## Fields\n"
    yield "With `-o json` a finding has these fields; an unknown value is `null`.\n"
    yield _field_table(FINDINGS_FIELDS)
    yield "## Codes of validate\n"
    yield "The codes are also the rules in `-o sarif` and the types of failures in `-o junit`.\n"
    yield table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in MANIFEST_RULES.items()])
    yield "## Codes of lint\n"
    yield "[Lint codes](../lint.md) has a page for each code.\n"


def lint_index() -> Iterator[str]:
    """The codes of lint, each with a link to its page."""
    rows = [
        (f"[{check.code}](lint/{check.code}.md)", f"`{check.name}`", check.severity.value, check.page.title)
        for check in CHECKS
    ]
    yield "# Lint codes\n"
    yield "`calicoctl lint --explain CODE` prints the page of a code.\n"
    yield table(("code", "name", "severity", "finding"), rows)
    yield "```{toctree}\n:hidden:\n:glob:\n\nlint/*\n```\n"
