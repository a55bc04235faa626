"""lint: report policies and rules without effect, and other suspicious rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import inputs, options, policy_sets, results
from calicoctl.console.completion import words
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.findings import CheckResult, Severity
    from calicoctl.operations.lint import LintOptions


@click.command()
@options.file_arguments
@options.with_datastore_option
@options.output_option(formats.FINDINGS)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note", "never")),
    default="warning",
    help="Lowest severity for exit code 1.  [default: warning]",
)
@click.option("--overlaps", is_flag=True, help="Also report policies that select the same endpoints (CAL038).")
@click.option(
    "--explain", "code", metavar="CODE", shell_complete=words.lint_codes, help="Print the documentation of a code."
)
@options.connection_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    fail_on: str,
    overlaps: bool,
    code: str | None,
    connection: options.ConnectionOptions,
) -> None:
    """Report rules and policies without effect, unused selectors, and other suspicious rules.

    The effect is computed exactly for all endpoints. Without FILE and -f, the datastore is read. If there are no
    endpoints, each profile has a placeholder endpoint. Without profiles, too, policies are evaluated for all labels
    that an endpoint can have.

    A comment at the end of a line, or alone in the line above, suppresses a finding: # calicoctl: ignore=CAL002

    Findings are printed on stdout. The exit code is 1 if a finding has at least the severity of --fail-on.

    \b
    Example:
      calicoctl lint policies/ -R
      calicoctl lint --explain CAL002
    """
    if code is not None:
        results.print_text(_explain(code))
        return
    from calicoctl.operations.lint import LintOptions

    lint_options = LintOptions(_fail_level(fail_on), overlaps)
    result = _run_lint(
        filenames, lint_options, recursive=recursive, with_datastore=with_datastore, connection=connection
    )
    results.finish(output.load()(result), ExitCode.FINDINGS if result.failed else 0, output)


def _run_lint(
    filenames: Sequence[str],
    lint_options: LintOptions,
    *,
    recursive: bool,
    with_datastore: bool,
    connection: options.ConnectionOptions,
) -> CheckResult:
    from calicoctl import analysis
    from calicoctl.operations.lint import run_lint
    from calicoctl.operations.load.manifests import LoadOptions

    manifests = (
        inputs.read_manifests(filenames, LoadOptions(positions=True, v3_objects=True), recursive=recursive)
        if filenames
        else None
    )
    resources, sources = (manifests.resources, manifests.sources) if manifests else ((), ())
    policy_sources, basis = policy_sets.load_sources(
        resources, filenames, with_datastore=with_datastore, connection=connection, with_pools=True
    )
    policy_set = analysis.build_policy_set(policy_sources.sources, policy_sources.notes)
    if not (policy_set.rule_owners or policy_set.endpoints or policy_set.pools or policy_set.nodes):
        kinds = "policy, profile, endpoint, IP pool or node"
        raise UsageError(f"nothing to check: {basis} contains no {kinds}")
    current_messages().warn(policy_set.notes)
    return run_lint(policy_set, sources, resources, f"{basis}: {policy_set.summary}", lint_options)


def _fail_level(fail_on: str) -> Severity | None:
    """Return the severity of --fail-on; None for `never`."""
    from calicoctl.findings import Severity

    return None if fail_on == "never" else Severity(fail_on)


def _explain(code: str) -> str:
    """Return the documentation of a code or its name."""
    from calicoctl.analysis.lint import CHECKS

    name = code.strip("[]").lower()  # findings end in [CODE]
    for check in CHECKS:
        if name in {check.code.lower(), check.name}:
            return check.page.text
    raise UsageError(f"--explain {code}: unknown code (codes are {', '.join(check.code for check in CHECKS)})")
