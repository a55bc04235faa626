"""apply: create what is not there, change what is."""

from pathlib import Path

import click

from calicoctl.commands import completing, options, session
from calicoctl.errors import InvalidManifest, Position, Problem, UsageProblem


@click.command()
@options.manifests
@options.force
@options.sets
@click.option(
    "--plan",
    metavar="FILE",
    shell_complete=completing.files,
    help="Do exactly what a plan says that `calicoctl plan` has kept, or nothing.",
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
    from calicoctl.operations import saved

    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise InvalidManifest([Problem(Position(name), "", "", f"the plan can't be read: {why}")]) from None
    plan = saved.read(name, text)
    session.write_by(lambda datastore, manner: saved.carry_out(datastore, plan, manner), target)
