"""apply: create what is not there, change what is."""

import click

from calicoctl.commands import completing, options, session
from calicoctl.errors import UsageProblem


@click.command()
@options.manifests
@options.force
@options.sets
@click.option(
    "--plan",
    metavar="FILE",
    shell_complete=completing.files,
    help="Do exactly what a plan says that `calicoctl plan` has kept, or nothing; - for stdin.",
)
@options.writing
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    members: options.Members,
    plan: str | None,
    target: options.Target,
) -> None:
    """Create resources, or change those that exist.

    All of them are checked first; when one is wrong, nothing is written. With --prune what the set NAME has had from
    earlier manifests, and this one does not have any more, is deleted in the same transaction.

    \b
    Example:
      cat policy.yaml | calicoctl apply -f -
      calicoctl apply -f policies/ --set web --prune
    """
    if plan is not None:
        if filenames or recursive or force or members.name is not None:
            raise UsageProblem("--plan does not go with -f, -R, --force and --set: the plan says it all")
        _carry_out(plan, target)
        return
    located = session.take_in(filenames, recursive=recursive, with_places="later")
    step, besides = session.applying(located, members, force=force)
    session.write(located, step, target, besides)


def _carry_out(name: str, target: options.Target) -> None:
    from calicoctl.commands import planfile
    from calicoctl.operations.carrying import carry_out

    plan = planfile.fetch("--plan", name)
    session.write_by(lambda datastore, manner: carry_out(datastore, plan, manner), target)
