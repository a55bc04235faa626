"""plan: what apply would do, to be read, kept, and carried out exactly so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.commands import completing, options, planfile, session
from calicoctl.commands.colouring import coloured_diff
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.operations.saved import SavedPlan
    from calicoctl.resource import Located


_SHOWN = {None, "text", "json"}
"""What `-o` can say that is no file."""


@click.command(short_help="Show what apply would do, and keep it to be done exactly so.")
@options.manifests
@options.force
@options.sets
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completing.files,
    help="Keep the plan in this file; json or - prints it, text only shows what would be done.",
)
@click.option(
    "--show",
    metavar="FILE",
    shell_complete=completing.files,
    help="Print the plan that a file keeps (- for stdin), without a datastore.",
)
@options.allow_lockout
@options.connection
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    members: options.Members,
    allow_lockout: bool,
    output: str | None,
    show: str | None,
    target: options.Target,
) -> None:
    """Show what apply would do: the diff of each resource, and what becomes of it.

    With -o FILE the plan is kept with the revisions that it saw. `apply --plan FILE` does exactly that, or nothing
    when anything has changed meanwhile. A file that is called json or text is written as ./json or ./text.

    \b
    Example:
      calicoctl plan -f policies/ -o change.plan
      calicoctl plan --show change.plan
      calicoctl apply --plan change.plan
    """
    from calicoctl.operations.saved import written

    if show is not None:
        if filenames or recursive or force or members.name is not None or output not in _SHOWN:
            raise UsageProblem("--show goes with -o text and -o json only: it prints what is kept")
        _print(planfile.fetch("--show", show), output)
        return
    if output == "":
        raise UsageProblem("-o is empty: name a file")
    output = "json" if output == "-" else output
    target = target._replace(allow_lockout=allow_lockout)
    plan = _made(session.take_in(filenames, recursive=recursive, with_places="later"), members, target, force=force)
    if output not in _SHOWN:
        planfile.keep(str(output), written(plan))
    _print(plan, output)


def _made(located: Sequence[Located], members: options.Members, target: options.Target, *, force: bool) -> SavedPlan:
    """The plan of apply for these resources and the datastore as it is."""
    from calicoctl.operations.lockout import judge
    from calicoctl.operations.saved import saved
    from calicoctl.operations.writing import look

    step, besides = session.applying(located, members, force=force)
    with session.open_datastore(target, announce=True) as datastore:
        found = look(datastore, located, step, besides)
        found.check()
        verdict = judge(datastore, found.change, located, allow=target.allow_lockout)
    current().warn((*found.warnings, *verdict.warnings))
    return saved(found)


def _print(plan: SavedPlan, output: str | None) -> None:
    from calicoctl.operations.comparing import differences
    from calicoctl.operations.outcome import Report
    from calicoctl.operations.saved import written
    from calicoctl.printers import reports
    from calicoctl.printers.differences import unified

    if output == "json":
        click.echo(written(plan), nl=False)
        return
    diff = unified(differences(plan.outcomes, plan.writes, plan.view))
    report = reports.text(Report(plan.outcomes, dry_run=True), session.painted)
    click.echo(coloured_diff(diff) + report, nl=False)
