"""Output formats: the values of `-o` for each type of result, and their formatters.

The option `-o`, its help, its completion, its errors and `docs/reference/output.md` are made from the tables in this
module. A new format is a formatter and a line in its table. Formatters are loaded when they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import NamedTuple

from calicoctl.errors import UsageError


class TextOptions(NamedTuple):
    """Options of formatters for text; formatters for JSON ignore them."""

    style: Callable[[str], str] = str
    """Adds color to a word or to a line of a unified diff."""
    summary: bool = False
    """Whether to print one line for each difference."""


@dataclass(frozen=True)
class OutputFormat:
    """A value of `-o`."""

    name: str
    description: str
    """Noun phrase for `docs/reference/output.md`."""
    formatter: str
    """`module:function` in `calicoctl.printers`. The function returns text that ends with a line break."""
    argument: str = ""
    """Metavar of the argument in `-o NAME=ARGUMENT`; empty if the format has no argument."""
    stream_formatter: str = ""
    """`module:function` for `get --watch`; empty if the format is a table."""

    @property
    def syntax(self) -> str:
        """The value of `-o` as in help: `json`, `custom-columns=HEADING,...`."""
        return f"{self.name}={self.argument}" if self.argument else self.name


class SelectedFormat(NamedTuple):
    """An output format with its argument, from the command line."""

    format: OutputFormat
    argument: str = ""

    @property
    def name(self) -> str:
        """The name of the format."""
        return self.format.name

    def load(self) -> Callable[..., str]:
        """Import the formatter. The argument, if the format has one, is bound as the first parameter."""
        function = _load(self.format.formatter)
        return partial(function, self.argument) if self.format.argument else function

    def load_stream(self) -> Callable[..., str] | None:
        """Import the formatter of `get --watch`; None if the format is a table."""
        return _load(self.format.stream_formatter) if self.format.stream_formatter else None


def _load(reference: str) -> Callable[..., str]:
    module, _, name = reference.partition(":")
    function: Callable[..., str] = getattr(import_module(f"calicoctl.printers.{module}"), name)
    return function


class OutputFormats:
    """The output formats of one type of result. The first one is the default.

    Args:
        formats: the formats in the order of help.
        removed: values of `-o` of calicoctl 1.6.5 without an equivalent, and the message for them.
        hint: remedy for other values.
    """

    def __init__(self, *formats: OutputFormat, removed: Mapping[str, str] | None = None, hint: str = "") -> None:
        self._formats = {each.name: each for each in formats}
        self._removed = removed or {}
        self._hint = hint

    def __iter__(self) -> Iterator[OutputFormat]:
        return iter(self._formats.values())

    def __contains__(self, name: object) -> bool:
        return name in self._formats

    @property
    def default(self) -> OutputFormat:
        """The format without `-o`."""
        return next(iter(self))

    def select(self, text: str) -> SelectedFormat:
        """Return the format for a value of `-o`.

        Raises:
            UsageError: unknown format, or a missing or unexpected argument.
        """
        name, equals, argument = text.partition("=")
        found = self._formats.get(name)
        if found and bool(equals) == bool(found.argument):
            return SelectedFormat(found, argument)
        if name in self._removed:
            raise UsageError(f"-o {name}: {self._removed[name]}")
        if found and found.argument:
            raise UsageError(f"-o {name}: missing argument (write {found.syntax})")
        hint = f"; {self._hint}" if self._hint else ""
        raise UsageError(f"-o {text}: unknown format (formats are {', '.join(each.syntax for each in self)}{hint})")


def _text_or_json(module: str, text: str, json: str, *, hint: str = "") -> OutputFormats:
    return OutputFormats(
        OutputFormat("text", text, f"{module}:format_text"),
        OutputFormat("json", json, f"{module}:format_json"),
        hint=hint,
    )


_NO_TEMPLATES = "Go templates are not supported (use json or custom-columns=)"

RESOURCES = OutputFormats(
    OutputFormat("ps", "table with the identifiers of the resources", "resources.table:format_ps"),
    OutputFormat("wide", "table with all columns", "resources.table:format_wide"),
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
        "table with these [columns](kinds.md)",
        "resources.table:format_custom_columns",
        argument="HEADING,...",
    ),
    removed={"go-template": _NO_TEMPLATES, "go-template-file": _NO_TEMPLATES},
)
"""Formats of `get`. Formatters take resources and their kinds; stream formatters take watch events."""

REPORT = _text_or_json("report", "one line for each resource, and a summary", "list of objects, one for each resource")
"""Formats of commands that write, and of `wait`. Formatters take a `Report` and `TextOptions`."""

PLAN = _text_or_json("plan", "diff and result of each resource", "saved plan", hint="--save FILE saves the plan")
"""Formats of `plan`. Formatters take a `SavedPlan` and `TextOptions`."""

SETS = OutputFormats(
    OutputFormat("text", "table with the number of members of each set", "sets:format_text"),
    OutputFormat("json", "list of objects, one for each set", "sets:format_json"),
    OutputFormat("name", "names of the sets, one in each line", "sets:format_names"),
)
"""Formats of `set list`. Formatters take the members of each set."""

DIFF = _text_or_json("diff", "unified diff of each resource", "list of objects, one for each resource")
"""Formats of `diff`. Formatters take a sequence of `ResourceDiff` and `TextOptions`."""

SEMANTIC_DIFF = _text_or_json("semantic_diff", "gained and lost traffic with examples", "object with all details")
"""Formats of `diff --semantic`. Formatters take `ComparedSides`, a `SemanticDiff` and `TextOptions`."""

TRACE = _text_or_json("trace", "verdict, and each case with its deciding rules", "object with all details")
"""Formats of `trace`. Formatters take a `TraceQuery` and a `Trace`."""

FINDINGS = OutputFormats(
    OutputFormat(
        "text", "one line for each finding; a summary if no finding fails the check", "findings.text:format_result"
    ),
    OutputFormat("json", "list of objects, one for each finding", "findings.json:format_result"),
    OutputFormat("sarif", "SARIF 2.1.0, for code scanning and editors", "findings.sarif:format_result"),
    OutputFormat(
        "junit", "JUnit XML: test suite for each file, test case for each resource", "findings.junit:format_result"
    ),
    OutputFormat(
        "github", "annotations of GitHub Actions, shown in the diff of a pull request", "findings.github:format_result"
    ),
)
"""Formats of `validate` and `lint`. Formatters take a `CheckResult`."""

POLICY_TESTS = OutputFormats(
    OutputFormat(
        "text",
        "one line for each case; an example packet and all tried rules if it fails",
        "policy_tests.text:format_result",
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
    OutputFormat("text", "table in which long lists are shortened", "connectivity.text:format_result"),
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

CONTEXTS = OutputFormats(
    OutputFormat("text", "table of the contexts", "config:format_contexts"),
    OutputFormat("name", "names, one in each line", "config:format_context_names"),
    OutputFormat("json", "list of objects, one for each context", "config:format_contexts_json"),
)
"""Formats of `config get-contexts`. Formatters take a sequence of `ContextSummary`."""

SETTINGS = OutputFormats(
    OutputFormat("text", "table of the settings", "config:format_settings"),
    OutputFormat("json", "list of objects, one for each setting", "config:format_settings_json"),
)
"""Formats of `config view`. Formatters take a sequence of `SettingSummary`."""

RECORD = _text_or_json("record", "text", "object with the same values")
"""Formats of other commands. Formatters take a JSON value and the text with the same content."""
