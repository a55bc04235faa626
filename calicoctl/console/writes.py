"""Runs an operation that writes and prints its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from calicoctl.console.connect import open_datastore
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import SetOptions, WriteContext
from calicoctl.console.results import print_report

if TYPE_CHECKING:
    from calicoctl.datastore import Range
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.write.options import WriteOptions
    from calicoctl.operations.write.outcome import Report
    from calicoctl.operations.write.run import PlanStep
    from calicoctl.resource import LocatedResource


def make_apply_step(
    resources: Sequence[LocatedResource], set_options: SetOptions, *, force: bool
) -> tuple[PlanStep, list[Range]]:
    """Return the step of `apply` for these resources, and the additional ranges that it reads."""
    from calicoctl.operations.apply import apply_step as applying_all
    from calicoctl.operations.prune import prune_step, set_ranges

    step = applying_all(force=force, set_name=set_options.name)
    if set_options.name is None or not set_options.prune:
        return step, []
    return prune_step(step, resources[-1], set_options.name, set_options.prune_max), set_ranges()


def write_resources(
    resources: Sequence[LocatedResource],
    step: PlanStep,
    write: WriteContext,
    extra_ranges: Sequence[Range] = (),
) -> None:
    """Run a step for resources and print the result of each one. The step also reads `extra_ranges`."""
    from calicoctl.operations.write.run import execute

    run_write(lambda datastore, options: execute(datastore, resources, step, extra_ranges, options), write)


def run_write(operation: Callable[[Datastore, WriteOptions], Report], write: WriteContext) -> None:
    """Run an operation with the options of the command, and print the result of each resource."""
    from calicoctl.console.progress_bar import DelayedProgressBar

    with open_datastore(write.connection, announce=True) as datastore, DelayedProgressBar() as bar:
        report = operation(datastore, write.options._replace(progress=bar, notify=current_messages().info))
    print_report(report, write.output)
