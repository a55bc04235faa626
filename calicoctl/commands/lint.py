"""lint: what is doubtful about policies, exactly where an effect is in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.commands import completing, options, session
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.findings import Severity

_FOUND = 1
"""The exit code when something is found that lets the check fail."""


@click.command(short_help="Find rules without effect, and other doubtful things.")
@options.manifests
@options.with_datastore
@options.findings_output
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note", "never")),
    default="warning",
    help="How bad a finding has to be for exit code 1.  [default: warning]",
)
@click.option("--explain", "code", metavar="CODE", shell_complete=completing.codes, help="Tell what a code means.")
@options.connection
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    with_datastore: bool,
    output: str,
    fail_on: str,
    code: str | None,
    target: options.Target,
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
        click.echo(_page(code), nl=False)
        return
    from calicoctl import analysis
    from calicoctl.operations.intake import Wanted
    from calicoctl.operations.linting import linted
    from calicoctl.printers.findings import formatter_named

    intake = session.read_in(filenames, Wanted(with_places=True), recursive=recursive) if filenames else None
    located, sources = (intake.located, intake.sources) if intake else ((), ())
    found, basis = session.origins(located, filenames, with_datastore=with_datastore, target=target)
    policy_set = analysis.policy_set(found.origins, found.notes)
    current().warn(policy_set.notes)
    checked = linted(policy_set, sources, located, f"{basis}: {policy_set.counted}", _fails_from(fail_on))
    session.conclude(formatter_named(output)(checked), _FOUND if checked.failed else 0)


def _fails_from(fail_on: str) -> Severity | None:
    """How bad a finding has to be for the exit code to tell."""
    from calicoctl.findings import Severity

    return None if fail_on == "never" else Severity(fail_on)


def _page(code: str) -> str:
    """All that there is to read about a code."""
    from calicoctl.analysis.lint import CHECKS

    for check in CHECKS:
        if code.lower() in {check.code.lower(), check.name}:
            return check.page
    raise UsageProblem(
        f"--explain {code}: there is no such code (there are {', '.join(check.code for check in CHECKS)})"
    )
