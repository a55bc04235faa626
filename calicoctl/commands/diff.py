"""diff: what a manifest would change in the datastore, or what traffic is gained and lost."""

import click

from calicoctl.commands import completing, options, session
from calicoctl.commands.colouring import coloured_diff
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem

_DIFFERS = 1


@click.command(short_help="Show what a manifest would change: resources, or traffic.")
@click.argument("sides", nargs=-1, metavar="[A B]", shell_complete=completing.files)
@options.manifests
@options.sets
@click.option("--semantic", is_flag=True, help="Compare the traffic that is allowed, and not the words.")
@click.option("--widening-only", is_flag=True, help="With --semantic: exit code 1 only when something is gained.")
@click.option("--summary", is_flag=True, help="A line for each thing that differs, and how many there are.")
@options.output
@options.connection
def command(
    sides: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    members: options.Members,
    semantic: bool,
    widening_only: bool,
    summary: bool,
    report_form: str,
    target: options.Target,
) -> None:
    """Show what apply would change: a unified diff of the YAML of each resource, as get prints it.

    What means the same is no difference, such as another order of fields, or defaults that are written out. The
    exit code is 0 when nothing differs, 1 when something does, and above 1 when that can't be told.

    With --semantic it is the traffic that is compared: what is gained and what is lost, by which rules, with an
    example of each. A and B are each a file, a directory, - for stdin, or the word datastore (a file of that name is
    ./datastore). With -f instead of A and B, the datastore is compared with what apply would make of it. With --set
    and --prune, what apply would prune is gone.

    \b
    Example:
      calicoctl diff -f policies/
      calicoctl diff --semantic -f policies/ --set policies --prune
      calicoctl diff --semantic old.yaml new/ --widening-only
    """
    if semantic:
        from calicoctl.commands.semantic import Form, diff

        form = Form(report_form == "json", summary, widening_only)
        diff(sides, filenames, members, recursive=recursive, form=form, target=target)
        return
    if sides:
        raise UsageProblem("A and B go with --semantic only (to compare manifests with the datastore, write -f)")
    if widening_only:
        raise UsageProblem("--widening-only goes with --semantic only")
    _of_resources(filenames, members, recursive=recursive, summary=summary, form=report_form, target=target)


def _of_resources(
    filenames: tuple[str, ...],
    members: options.Members,
    *,
    recursive: bool,
    summary: bool,
    form: str,
    target: options.Target,
) -> None:
    """Print what apply would change, resource by resource."""
    from calicoctl.operations.comparing import compare
    from calicoctl.printers import differences

    located = session.take_in(filenames, recursive=recursive)
    step, besides = session.applying(located, members, force=True)
    with session.open_datastore(target, announce=False) as datastore:
        found, warnings = compare(datastore, located, step, besides)
    current().warn(warnings)
    current().verdict = _DIFFERS if any(not difference.is_none for difference in found) else 0
    if form == "json":
        text = differences.json(found)
    else:
        text = differences.summary(found) if summary else coloured_diff(differences.unified(found))
    click.echo(text, nl=False)
