"""diff: what a manifest would change in the datastore."""

import click

from calicoctl.commands import options, session
from calicoctl.commands.colouring import coloured_diff
from calicoctl.commands.speech import current

_DIFFERS = 1


@click.command(short_help="Show what a manifest would change in the datastore.")
@options.manifests
@click.option("--summary", is_flag=True, help="A line for each resource that differs, and how many there are.")
@options.output
@options.connection
def command(
    filenames: tuple[str, ...], recursive: bool, summary: bool, report_form: str, target: options.Target
) -> None:
    """Show what apply would change: a unified diff of the YAML of each resource, as get prints it.

    What means the same is no difference, such as another order of fields, or defaults that are written out. The
    exit code is 0 when nothing differs, 1 when something does, and above 1 when that can't be told.

    \b
    Example:
      calicoctl diff -f policies/
    """
    from calicoctl.operations.comparing import compare
    from calicoctl.operations.putting import applying
    from calicoctl.printers import differences

    located = session.take_in(filenames, recursive=recursive)
    with session.open_datastore(target, announce=False) as datastore:
        found, warnings = compare(datastore, located, applying(force=True))
    current().warn(warnings)
    current().verdict = _DIFFERS if any(not difference.is_none for difference in found) else 0
    if report_form == "json":
        text = differences.json(found)
    else:
        text = differences.summary(found) if summary else coloured_diff(differences.unified(found))
    click.echo(text, nl=False)
