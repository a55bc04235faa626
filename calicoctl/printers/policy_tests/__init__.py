"""Results of policy tests to text: one module for each form of `-o`."""

from __future__ import annotations

from importlib import import_module

from calicoctl.printers.policy_tests.output import PolicyTestOutput

OUTPUT_FORMATS = {
    "text": "a line for each case, and for one that fails a packet with every rule that was tried",
    "json": "an object with everything that the text has, for scripts",
    "junit": "JUnit XML: a test suite for each file, a test case for each case",
    "tap": "TAP 14, the Test Anything Protocol",
    "github": "annotations of GitHub Actions beside the cases that fail",
}
"""The forms of output and what each is; each is a module here with a function `show`, or a form of findings."""


def format_output(output_format: str, output: PolicyTestOutput) -> str:
    """The text in one of `OUTPUT_FORMATS`; ends with a line break."""
    if output_format in {"github", "junit"}:
        from calicoctl.printers.findings import get_formatter
        from calicoctl.printers.policy_tests.checked import as_findings

        return get_formatter(output_format)(as_findings(output))
    text: str = import_module(f"calicoctl.printers.policy_tests.{output_format}").show(output)
    return text
