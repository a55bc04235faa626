"""test: run policy tests."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, policy_sets, results
from calicoctl.console.activity import ACTIVITY
from calicoctl.console.colors import style
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.load.policy_tests import LoadedTest
    from calicoctl.operations.test import TestReport


@click.command()
@options.file_arguments
@click.option(
    "-k", "--only", metavar="TEXT", default="", help="Only cases with this text in the name of the test or case."
)
@click.option("--coverage", is_flag=True, help="List rules that decide no test case.")
@click.option(
    "--coverage-min",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Minimum percentage of rules that decide a case.",
)
@click.option("--with-datastore", is_flag=True, help="Test the datastore as it would be after apply of the manifests.")
@options.output_option(formats.POLICY_TESTS)
@options.connection_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    only: str,
    coverage: bool,
    coverage_min: float | None,
    with_datastore: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Run policy tests: files of kind policyTest.

    A FILE can be a directory, or - for stdin. A test names its manifests; the default is all manifests in its
    directory. Each case is decided for every possible packet. A failed case is printed with an example packet. Nothing
    is written or sent.

    The exit code is 0 if all cases pass, and 1 if a case fails or matches no packet.

    \b
    Example:
      calicoctl test policies/
      calicoctl test policies/shop-test.yaml --coverage-min 80 -o junit > policy.xml
    """
    from calicoctl.operations.load.policy_tests import read_tests

    inputs.check_filenames(filenames, recursive=recursive)
    policy_sets.disable_gc()
    tests, warnings = read_tests(filenames, recursive=recursive, need_manifests=not with_datastore)
    current_messages().warn(warnings)
    ACTIVITY.start("analyzing")
    report = _run_tests(tests, only, connection if with_datastore else None)
    current_messages().warn(dict.fromkeys(note for suite in report.suites for note in suite.notes))
    shown_coverage = report.coverage if coverage or coverage_min is not None else None
    from calicoctl.printers.policy_tests.output import PolicyTestOutput

    test_output = PolicyTestOutput(report, shown_coverage, coverage_min, style)
    code = ExitCode.FINDINGS if report.failed or test_output.coverage_shortfall else 0
    results.finish(output.load()(test_output), code, output)


def _run_tests(tests: tuple[LoadedTest, ...], only: str, connection: options.ConnectionOptions | None) -> TestReport:
    from calicoctl.operations.test import run_policy_tests

    with connect.open_datastore(connection, announce=False) if connection else nullcontext() as datastore:
        report = run_policy_tests(tests, only, datastore)
    if not report.suites:
        raise UsageError(f"--only {only}: no case with this text in its name")
    return report
