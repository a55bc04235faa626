"""wait: wait until resources are there, or are there no more."""

import click

from calicoctl.commands import options, session


@click.command(short_help="Wait until resources are there, or are gone.")
@options.names("[KIND NAME... | KIND/NAME...]")
@options.manifests
@click.option(
    "--for",
    "state",
    type=click.Choice(["present", "absent"]),
    required=True,
    help="What to wait for; all of the resources have to be so at the same time.",
)
@options.filters
@options.output
@options.waiting
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    state: str,
    target: options.Target,
    until: float,
    report_form: str,
    **filters: str | None,
) -> None:
    """Wait until resources, named here or in manifests, are in the datastore, or are there no more.

    When that takes too long the exit code is 7, and those that are not so are listed.

    \b
    Example:
      calicoctl wait policy/database policy/frontend --for=present --timeout=30s
      calicoctl wait profile database --for=absent --timeout=2m
    """
    from calicoctl.commands.staying import tell_absence
    from calicoctl.operations.outcome import Action
    from calicoctl.operations.waiting import Condition, wait

    located = session.take_in_exactly("wait for", names, filenames, options.given(**filters), recursive=recursive)
    with session.open_datastore(target, announce=False) as datastore:
        report = wait(datastore, Condition(located, Action(state), raw=bool(names)), until, tell_absence)
    session.say(report, report_form)
