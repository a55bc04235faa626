"""Output formats of `trace`, and of flows: a part of the tables in `formats`."""

from __future__ import annotations

from calicoctl.printers.output_format import OutputFormat, OutputFormats, text_or_json

TRACE = text_or_json(
    "trace",
    "verdict, and each case with its deciding rules",
    "object with all details",
    hint="--flows has csv and markdown, too",
    wrapped=True,
)
"""Formats of `trace`. Formatters take a `TraceQuery` and a `Trace`."""

ENDPOINT_RULES = text_or_json(
    "endpoint_rules", "policies and profiles with the traffic of each rule", "object with all names", wrapped=True
)
"""Formats of `trace --endpoint`. Formatters take an `EndpointQuery` and a sequence of `AppliedDirection`."""

FLOWS = OutputFormats(
    OutputFormat("text", "one line for each flow, and a summary", "flows:format_text", for_users=True, wrapped=True),
    OutputFormat("json", "object with a line for each flow", "flows:format_json"),
    OutputFormat("csv", "one line for each flow, for spreadsheets", "flows:format_csv"),
    OutputFormat("markdown", "table of the flows that are not allowed, for a comment", "flows:format_markdown"),
)
"""Formats of `trace --flows`. Formatters take a `FlowsHeader` and decided flows, and return an iterator."""

FLOW_CHANGES = OutputFormats(
    OutputFormat(
        "text",
        "changed flows with both decisions, and a summary",
        "flow_changes:format_text",
        for_users=True,
        wrapped=True,
    ),
    OutputFormat("json", "object with a line for each changed flow", "flow_changes:format_json"),
    OutputFormat(
        "github", "annotations of GitHub Actions, at the lines of changed flows", "flow_changes:format_github"
    ),
    OutputFormat("markdown", "table of the changed flows, for a comment", "flow_changes:format_markdown"),
    OutputFormat("csv", "one line for each changed flow, for spreadsheets", "flow_changes:format_csv"),
)
"""Formats of `diff --semantic --flows`. Formatters take a `FlowChangesHeader` and compared flows."""
