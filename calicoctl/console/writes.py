"""Runs an operation that writes and prints its report, or previews it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console.activity import ACTIVITY
from calicoctl.console.connect import open_datastore
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ApplyOptions, SetOptions, WriteContext
from calicoctl.console.results import print_report
from calicoctl.errors import InvalidManifest, UsageError

if TYPE_CHECKING:
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.history.recorder import HistoryOptions
    from calicoctl.operations.prune import PruneOptions
    from calicoctl.operations.write.options import WriteOptions
    from calicoctl.operations.write.outcome import Report
    from calicoctl.operations.write.plan import PlanContext, Planner, WritePlan
    from calicoctl.operations.write.run import Preview
    from calicoctl.resource import LocatedResource


def make_apply_planner(set_options: SetOptions, *, force: bool) -> tuple[Planner, list[Range]]:
    """Return the planner of `apply`, and the additional ranges that it needs."""
    from calicoctl.operations.apply import plan_apply
    from calicoctl.operations.prune import plan_apply_and_prune, set_ranges

    if options := prune_options(set_options):
        return partial(plan_apply_and_prune, options=options, force=force), set_ranges()
    return partial(plan_apply, force=force, set_name=set_options.name), []


def prune_options(set_options: SetOptions) -> PruneOptions | None:
    """Return the options of pruning; None without `--prune`."""
    from calicoctl.operations.prune import PruneOptions

    if set_options.name is None or not set_options.prune:
        return None
    return PruneOptions(set_options.name, set_options.prune_max, set_options.skipped)


def preview_apply(
    datastore: Datastore,
    resources: Sequence[LocatedResource],
    options: ApplyOptions,
    *,
    require_unlocked: bool = False,
    more_ranges: Sequence[Range] = (),
) -> Preview:
    """Return what `apply` of the resources would write. `more_ranges` are read at the same revision.

    Raises:
        Conflict, Refused, InvalidManifest: as `apply`. A lock is ignored unless `require_unlocked` is set.
        NotFound: the revision of the options does not exist.
    """
    from calicoctl.operations.write.options import WriteOptions
    from calicoctl.operations.write.run import preview

    planner, extra_ranges = make_apply_planner(options.sets, force=options.force)
    ACTIVITY.start("comparing")

    def plan(context: PlanContext, items: Iterable[LocatedResource]) -> WritePlan:
        if require_unlocked:
            context.state.check_unlocked()
        return planner(context, items)

    if options.revision:
        from calicoctl.datastore.past_revisions import require_revision
        from calicoctl.operations.write.cluster import CLUSTER_RANGE

        require_revision(datastore, options.revision, CLUSTER_RANGE)
    write_options = WriteOptions(
        allow_lockout=options.allow_lockout, failsafe=options.failsafe, revision=options.revision
    )
    return preview(datastore, resources, plan, [*extra_ranges, *more_ranges], write_options)


def write_resources(
    resources: Sequence[LocatedResource],
    planner: Planner,
    write: WriteContext,
    extra_ranges: Sequence[Range] = (),
) -> None:
    """Plan and write resources, and print the result of each one. The planner also needs `extra_ranges`."""
    from calicoctl.operations.write.run import execute

    run_write(
        lambda datastore, options: execute(datastore, resources, planner, extra_ranges, options), write, resources
    )


def run_write(
    operation: Callable[[Datastore, WriteOptions], Report],
    write: WriteContext,
    resources: Sequence[LocatedResource] = (),
) -> None:
    """Run an operation on resources with the options of the command, and print the result of each resource."""
    from calicoctl.console.progress_bar import DelayedProgressBar

    if write.client_only:
        print_report(_client_report(resources), write.output)
        return

    with open_datastore(write.connection, announce=True, resources=resources) as datastore, DelayedProgressBar() as bar:
        history = _history_options(datastore.settings.history)
        options = write.options._replace(progress=bar, notify=current_messages().info, history=history)
        report = operation(datastore, options)
    current_messages().finished_work = report.written_summary
    print_report(report, write.output)


def _history_options(limit: int) -> HistoryOptions | None:
    """Return the record of the current command in the history, which has at most `limit` commands."""
    from calicoctl.console.author import current_author
    from calicoctl.operations.history.recorder import HistoryOptions

    if not limit:
        return None
    _, *words = click.get_current_context().command_path.split()
    return HistoryOptions(current_author(os.environ), " ".join(words), limit)


def refuse_client_dry_run(write: WriteContext, reason: str) -> None:
    """Raise UsageError for `--dry-run=client` if the command cannot do without the datastore."""
    if write.client_only:
        raise UsageError(f"--dry-run=client is not possible: {reason} (write --dry-run=server)")


def _client_report(resources: Sequence[LocatedResource]) -> Report:
    """Return the report of `--dry-run=client`: all manifests and names are valid.

    Raises:
        InvalidManifest: a manifest has problems that the stored resource could have as well: it is not read.
    """
    from calicoctl.operations.write.outcome import Action, Outcome, Report

    if problems := [problem for item in resources for problem in item.deferred_problems]:
        raise InvalidManifest(problems)
    outcomes = tuple(Outcome(item.identifier, Action.VALID, item.position) for item in resources)
    return Report(outcomes, dry_run=True, read_datastore=False)
