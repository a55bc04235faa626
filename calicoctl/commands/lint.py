"""lint: what is doubtful about policies, exactly where an effect is in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console import inputs, options, policy_sets, results
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.findings import Severity

_EXIT_FINDINGS = 1
"""The exit code when something is found that lets the check fail."""


@click.command(short_help="Find rules without effect, and other doubtful things.")
@options.manifest_options
@options.with_datastore_option
@options.output_option(formats.FINDINGS)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note", "never")),
    default="warning",
    help="How bad a finding has to be for exit code 1.  [default: warning]",
)
@click.option("--explain", "code", metavar="CODE", shell_complete=values.lint_codes, help="Tell what a code means.")
@options.connection_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: formats.SelectedFormat,
    fail_on: str,
    code: str | None,
    connection: options.ConnectionOptions,
) -> None:
    """Find rules and policies without effect, selectors that select nobody, and other doubtful things.

    What has no effect is worked out exactly, for all endpoints that there are. Reads manifests with -f, and the
    datastore without. When there are no endpoints, one stands in for each profile.

    A comment at the end of a line, or alone in the line above, silences a finding: # calicoctl: ignore=CAL002

    The findings are the result, on stdout. The exit code is 1 when one is as bad as --fail-on says, or worse.

    \b
    Example:
      calicoctl lint -f policies/ -R
      calicoctl lint --explain CAL002
    """
    if code is not None:
        click.echo(_explain(code), nl=False)
        return
    from calicoctl import analysis
    from calicoctl.operations.lint import run_lint
    from calicoctl.operations.load.manifests import LoadOptions

    manifests = (
        inputs.read_manifests(filenames, LoadOptions(positions=True), recursive=recursive) if filenames else None
    )
    resources, sources = (manifests.resources, manifests.sources) if manifests else ((), ())
    policy_sources, basis = policy_sets.load_sources(
        resources, filenames, with_datastore=with_datastore, connection=connection
    )
    policy_set = analysis.build_policy_set(policy_sources.sources, policy_sources.notes)
    current_messages().warn(policy_set.notes)
    result = run_lint(policy_set, sources, resources, f"{basis}: {policy_set.summary}", _fail_level(fail_on))
    results.finish(output.load()(result), _EXIT_FINDINGS if result.failed else 0)


def _fail_level(fail_on: str) -> Severity | None:
    """How bad a finding has to be for the exit code to tell."""
    from calicoctl.findings import Severity

    return None if fail_on == "never" else Severity(fail_on)


def _explain(code: str) -> str:
    """All that there is to read about a code."""
    from calicoctl.analysis.lint import CHECKS

    for check in CHECKS:
        if code.lower() in {check.code.lower(), check.name}:
            return check.page.text
    raise UsageError(f"--explain {code}: there is no such code (there are {', '.join(check.code for check in CHECKS)})")
