"""Output formats: the values of `-o` for each type of result, and their formatters.

The option `-o`, its help, its completion, its errors and `docs/reference/output.md` are made from the tables in this
module and in `trace_formats`. A new format is a formatter and a line in its table. Formatters are loaded when they are
used.
"""

from __future__ import annotations

from calicoctl.printers.output_format import OutputFormat, OutputFormats, SelectedFormat, TextOptions, text_or_json
from calicoctl.printers.trace_formats import ENDPOINT_RULES, FLOW_CHANGES, FLOWS, TRACE

__all__ = [
    "CONNECTIVITY",
    "CONTEXTS",
    "DIFF",
    "ENDPOINT_RULES",
    "FINDINGS",
    "FLOWS",
    "FLOW_CHANGES",
    "HISTORY",
    "PLAN",
    "POLICY_TESTS",
    "RECORD",
    "REPORT",
    "RESOURCES",
    "ROLES",
    "SCHEMA",
    "SEMANTIC_DIFF",
    "SETS",
    "SETTINGS",
    "TRACE",
    "V1_MANIFESTS",
    "V3_MANIFESTS",
    "OutputFormat",
    "OutputFormats",
    "SelectedFormat",
    "TextOptions",
]


_NO_TEMPLATES = "Go templates are not supported (use jsonpath=, custom-columns= or json)"

RESOURCES = OutputFormats(
    OutputFormat("ps", "table with the identifiers of the resources", "resources.table:format_ps", for_users=True),
    OutputFormat("wide", "table with all columns", "resources.table:format_wide", for_users=True),
    OutputFormat(
        "yaml",
        "manifest, can be applied again",
        "resources.manifests:format_yaml",
        stream_formatter="resources.stream:format_yaml",
    ),
    OutputFormat(
        "json",
        "the same manifest in JSON",
        "resources.manifests:format_json",
        stream_formatter="resources.stream:format_json",
    ),
    OutputFormat(
        "name",
        "`kind/name`, one in each line",
        "resources.manifests:format_names",
        stream_formatter="resources.stream:format_names",
    ),
    OutputFormat(
        "custom-columns",
        "table with these [columns](kinds.md), or with HEADING:PATH columns as in kubectl",
        "resources.table:format_custom_columns",
        argument="HEADING[:PATH],...",
        argument_check="resources.columns:check_custom_columns",
    ),
    OutputFormat(
        "jsonpath",
        "text of a kubectl JSONPath template",
        "resources.jsonpath:format_resources",
        argument="TEMPLATE",
        stream_formatter="resources.jsonpath:format_events",
        argument_check="resources.jsonpath:check_template",
    ),
    OutputFormat(
        "csv", "all columns of `wide`, one line for each resource, for spreadsheets", "resources.flat:format_csv"
    ),
    OutputFormat("markdown", "Markdown table with all columns of `wide`", "resources.flat:format_markdown"),
    unsupported={
        "go-template": _NO_TEMPLATES,
        "go-template-file": _NO_TEMPLATES,
        "jsonpath-file": 'files of templates are not supported (write -o jsonpath="$(cat FILE)")',
        "jsonpath-as-json": "not supported (use -o json and jq)",
        "custom-columns-file": "files of columns are not supported (write -o custom-columns=HEADING:PATH,...)",
    },
)
"""Formats of `get`. Formatters take resources and `PrintOptions`; stream formatters take watch events."""

REPORT = text_or_json("report", "one line for each resource, and a summary", "list of objects, one for each resource")
"""Formats of commands that write, and of `wait`. Formatters take a `Report` and `TextOptions`."""

PLAN = text_or_json("plan", "diff and result of each resource", "saved plan", hint="--save FILE saves the plan")
"""Formats of `plan`. Formatters take a `SavedPlan` and `TextOptions`."""

SETS = OutputFormats(
    OutputFormat("text", "table with the number of members of each set", "sets:format_text", for_users=True),
    OutputFormat("json", "list of objects, one for each set", "sets:format_json"),
    OutputFormat("name", "names of the sets, one in each line", "sets:format_names"),
)
"""Formats of `set list`. Formatters take the members of each set."""

HISTORY = OutputFormats(
    OutputFormat("text", "table of the commands, or a diff of each resource", "history:format_text", for_users=True),
    OutputFormat("wide", "table with time, user, host and resources", "history:format_wide", for_users=True),
    OutputFormat("json", "list of objects, one for each command or resource", "history:format_json"),
)
"""Formats of `history`. Formatters take a sequence of `LoggedCommand`; for one command, `DIFF` applies."""

DIFF = text_or_json(
    "diff",
    "unified diff of each resource",
    "list of objects, one for each resource",
    hint="--semantic has github, markdown and csv, too",
)
"""Formats of `diff`. Formatters take a sequence of `ResourceDiff` and `TextOptions`."""

SEMANTIC_DIFF = OutputFormats(
    OutputFormat(
        "text", "gained and lost traffic with examples", "semantic_diff:format_text", for_users=True, wrapped=True
    ),
    OutputFormat("json", "object with all details", "semantic_diff:format_json"),
    OutputFormat("github", "annotations of GitHub Actions, one for each pair of peers", "semantic_rows:format_github"),
    OutputFormat("markdown", "table for a comment, with a row for each pair of peers", "semantic_rows:format_markdown"),
    OutputFormat("csv", "one line for each pair of peers, for spreadsheets", "semantic_rows:format_csv"),
)
"""Formats of `diff --semantic`. Formatters take `ComparedSides`, a `SemanticDiff` and `TextOptions`."""

FINDINGS = OutputFormats(
    OutputFormat(
        "text",
        "one line for each finding; a summary if no finding fails the check",
        "findings.text:format_result",
        for_users=True,
    ),
    OutputFormat("json", "list of objects, one for each finding", "findings.json:format_result"),
    OutputFormat("sarif", "SARIF 2.1.0, for code scanning and editors", "findings.sarif:format_result"),
    OutputFormat(
        "junit", "JUnit XML: test suite for each file, test case for each resource", "findings.junit:format_result"
    ),
    OutputFormat(
        "github", "annotations of GitHub Actions, shown in the diff of a pull request", "findings.github:format_result"
    ),
    OutputFormat(
        "gitlab", "Code Quality report of GitLab, shown in the diff of a merge request", "findings.gitlab:format_result"
    ),
)
"""Formats of `validate` and `lint`. Formatters take a `CheckResult`."""

POLICY_TESTS = OutputFormats(
    OutputFormat(
        "text",
        "one line for each case; an example packet and all tried rules if it fails",
        "policy_tests.text:format_result",
        for_users=True,
        wrapped=True,
    ),
    OutputFormat("json", "object with all details", "policy_tests.json:format_result"),
    OutputFormat(
        "junit", "JUnit XML: test suite for each file, test case for each case", "policy_tests.findings:format_junit"
    ),
    OutputFormat("tap", "TAP 14, the Test Anything Protocol", "policy_tests.tap:format_result"),
    OutputFormat("github", "annotations of GitHub Actions for failed cases", "policy_tests.findings:format_github"),
)
"""Formats of `test`. Formatters take a `PolicyTestOutput`."""

CONNECTIVITY = OutputFormats(
    OutputFormat(
        "text",
        "table in which long lists are shortened",
        "connectivity.text:format_result",
        for_users=True,
        wrapped=True,
    ),
    OutputFormat("json", "object with all names and addresses", "connectivity.json:format_result"),
    OutputFormat("csv", "one line for each pair of groups, for spreadsheets", "connectivity.csv:format_result"),
    OutputFormat("dot", "graph for Graphviz", "connectivity.dot:format_result"),
    OutputFormat(
        "mermaid", "Mermaid graph for Markdown, as on GitHub and GitLab", "connectivity.mermaid:format_result"
    ),
    OutputFormat(
        "svg",
        "picture: matrix of sources and destinations, or arrows if they are few",
        "connectivity.svg:format_result",
    ),
    OutputFormat(
        "html", "self-contained page with the picture and a searchable table", "connectivity.html:format_result"
    ),
)
"""Formats of `connectivity`. Formatters take a `ConnectivityResult`."""

V1_MANIFESTS = OutputFormats(
    OutputFormat("yaml", "YAML list", "resources.manifests:format_v1_yaml"),
    OutputFormat("json", "JSON list", "resources.manifests:format_v1_json"),
)
"""Formats of `convert --to v1`. Formatters take resources."""

V3_MANIFESTS = OutputFormats(
    OutputFormat("yaml", "YAML documents", "resources.manifests:format_v3_yaml"),
    OutputFormat("json", "JSON list", "resources.manifests:format_v3_json"),
)
"""Formats of `convert --to v3`. Formatters take v3 manifests."""

SCHEMA = OutputFormats(
    OutputFormat("text", "JSON Schema", "record:format_json"), OutputFormat("json", "the same", "record:format_json")
)
"""Formats of `schema`. Formatters take a JSON Schema."""

ROLES = OutputFormats(
    OutputFormat("text", "script with commands of etcdctl", "roles:format_text"),
    OutputFormat("yaml", "YAML list, one object for each role", "roles:format_yaml"),
    OutputFormat("json", "the same list in JSON", "roles:format_json"),
)
"""Formats of `etcd roles`; with --apply, those of REPORT. Formatters take a `RoleListing`."""

CONTEXTS = OutputFormats(
    OutputFormat("text", "table of the contexts", "config:format_contexts", for_users=True),
    OutputFormat("name", "names, one in each line", "config:format_context_names"),
    OutputFormat("json", "list of objects, one for each context", "config:format_contexts_json"),
)
"""Formats of `config get-contexts`. Formatters take a sequence of `ContextSummary`."""

SETTINGS = OutputFormats(
    OutputFormat("text", "table of the settings", "config:format_settings", for_users=True),
    OutputFormat("json", "list of objects, one for each setting", "config:format_settings_json"),
)
"""Formats of `config view`. Formatters take a sequence of `SettingSummary`."""

DOCTOR = text_or_json("doctor", "one line for each check, and a summary", "list of objects, one for each check")
"""Formats of `doctor`. Formatters take a sequence of `DoctorCheck` and `TextOptions`."""

RECORD = text_or_json("record", "text", "object with the same values")
"""Formats of other commands. Formatters take a JSON value and the text with the same content."""
