"""docs/reference/{output,exit-codes,findings}.md and docs/lint.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.analysis.lint import CHECKS
from calicoctl.errors import ExitCode
from calicoctl.findings import MANIFEST_RULES
from calicoctl.printers import formats
from calicoctl.printers.connectivity.json import FIELDS as CONNECTIVITY_FIELDS
from calicoctl.printers.findings.json import FIELDS as FINDINGS_FIELDS
from docs.generators.markdown import table

_COMMANDS = {
    "get and set show": formats.RESOURCES,
    "apply, create, replace, delete, edit, patch, label, set add, set remove, import, rollback, wait": formats.REPORT,
    "plan": formats.PLAN,
    "set list": formats.SETS,
    "diff": formats.DIFF,
    "diff --semantic": formats.SEMANTIC_DIFF,
    "diff --semantic --flows": formats.FLOW_CHANGES,
    "history": formats.HISTORY,
    "validate and lint": formats.FINDINGS,
    "test": formats.POLICY_TESTS,
    "trace": formats.TRACE,
    "trace --flows": formats.FLOWS,
    "trace --endpoint": formats.ENDPOINT_RULES,
    "connectivity": formats.CONNECTIVITY,
    "convert --to v1": formats.V1_MANIFESTS,
    "convert --to v3": formats.V3_MANIFESTS,
    "schema": formats.SCHEMA,
    "etcd roles": formats.ROLES,
    "etcd roles --apply": formats.REPORT,
    "config get-contexts": formats.CONTEXTS,
    "config view": formats.SETTINGS,
    "doctor": formats.DOCTOR,
    "completion, etcd start, stop and status, explain, help, label --list and version": formats.RECORD,
}
"""The tables of formats, by their commands."""


def format_table(table_of_formats: formats.OutputFormats) -> str:
    """The output formats of a command."""
    default = table_of_formats.default
    rows = [(f"`{each.syntax}`", f"{each.description}{' (default)' * (each is default)}") for each in table_of_formats]
    return table(("format", "output"), rows)


def _field_table(fields: Mapping[str, str]) -> str:
    return table(("field", "meaning"), [(f"`{name}`", meaning) for name, meaning in fields.items()])


def output_page() -> Iterator[str]:
    """The output formats of all commands."""
    yield "# Output formats\n"
    for commands, table_of_formats in _COMMANDS.items():
        yield f"## {commands[0].upper()}{commands[1:]}\n"
        yield format_table(table_of_formats)
    yield "## Fields of connectivity\n"
    yield "`calicoctl connectivity -o json` prints an object with these fields:\n"
    yield _field_table(CONNECTIVITY_FIELDS)


def exit_codes_page() -> Iterator[str]:
    """The exit codes."""
    yield "# Exit codes\n"
    yield table(("code", "meaning"), [(str(code.value), code.meaning) for code in ExitCode])


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
