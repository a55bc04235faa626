"""apply: create or change resources."""

import click

from calicoctl.console import inputs, options, writes
from calicoctl.console.completion import values
from calicoctl.errors import UsageError


@click.command()
@options.file_arguments
@options.force_option
@options.set_options
@click.option(
    "--plan",
    metavar="FILE",
    shell_complete=values.files,
    help="Saved plan (calicoctl plan --save FILE) to apply exactly; - for stdin.",
)
@options.write_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    set_options: options.SetOptions,
    plan: str | None,
    write: options.WriteContext,
) -> None:
    """Create or change resources.

    All manifests are validated first. If one is invalid, nothing is written. --prune deletes members of the set NAME
    that are not in the manifests, in the same transaction.

    \b
    Example:
      cat policy.yaml | calicoctl apply -f -
      calicoctl apply policies/ --set web --prune
    """
    if plan is not None:
        if filenames or recursive or force or set_options.name is not None:
            raise UsageError("--plan cannot be combined with -f, -R, --force or --set (the plan contains them)")
        writes.refuse_client_dry_run(write, "--plan compares the plan with the datastore")
        _apply_plan(plan, write)
        return
    if set_options.prune:
        writes.refuse_client_dry_run(write, "--prune reads the set")
    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    set_options = inputs.protect_skipped(set_options, filenames, recursive=recursive)
    planner, extra_ranges = writes.make_apply_planner(set_options, force=force)
    writes.write_resources(resources, planner, write, extra_ranges)


def _apply_plan(name: str, write: options.WriteContext) -> None:
    from calicoctl.console import plan_file
    from calicoctl.operations.apply_plan import apply_plan

    plan = plan_file.load("--plan", name)
    writes.run_write(lambda datastore, write_options: apply_plan(datastore, plan, write_options), write)
