"""plan: what apply would do, to be read, kept, and carried out exactly so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from calicoctl.commands import completing, options, session
from calicoctl.commands.colouring import coloured_diff
from calicoctl.commands.speech import current
from calicoctl.errors import CalicoctlError, UsageProblem

if TYPE_CHECKING:
    from calicoctl.operations.saved import SavedPlan
    from calicoctl.operations.writing import Plan


@click.command(short_help="Show what apply would do, and keep it to be done exactly so.")
@options.manifests
@options.force
@options.sets
@options.allow_lockout
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completing.files,
    help="Keep the plan in this file; the word json prints it, the word text only shows what would be done.",
)
@options.connection
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    members: options.Members,
    allow_lockout: bool,
    output: str | None,
    target: options.Target,
) -> None:
    """Show what apply would do: the diff of each resource, and what becomes of it.

    With -o FILE the plan is kept with the revisions that it saw. `apply --plan FILE` does exactly that, or nothing
    when anything has changed meanwhile. A file that is called json or text is written as ./json or ./text.

    \b
    Example:
      calicoctl plan -f policies/ -o change.plan
      calicoctl apply --plan change.plan
    """
    from calicoctl.operations.lockout import judge
    from calicoctl.operations.saved import saved, written
    from calicoctl.operations.writing import look

    if output == "":
        raise UsageProblem("-o is empty: name a file")
    located = session.take_in(filenames, recursive=recursive, with_places="later")
    step, besides = session.applying(located, members, force=force)
    with session.open_datastore(target, announce=True) as datastore:
        found = look(datastore, located, step, besides)
        found.check()
        verdict = judge(datastore, found.change, located, allow=allow_lockout)
    current().warn((*found.warnings, *verdict.warnings))
    plan = saved(found)
    if output == "json":
        click.echo(written(plan), nl=False)
        return
    if output not in {None, "text"}:
        _keep(Path(str(output)), plan)
    _show(found)


def _keep(path: Path, plan: SavedPlan) -> None:
    """Write the file as a whole, or leave what was there."""
    from calicoctl.operations.saved import written

    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(written(plan), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise CalicoctlError(f"{path}: the plan can't be kept: {(error.strerror or str(error)).lower()}") from None


def _show(plan: Plan) -> None:
    from calicoctl.operations.comparing import differences
    from calicoctl.operations.outcome import Report
    from calicoctl.printers import reports
    from calicoctl.printers.differences import unified

    report = Report(tuple(plan.outcomes), dry_run=True)
    click.echo(coloured_diff(unified(differences(plan))) + reports.text(report, session.painted), nl=False)
