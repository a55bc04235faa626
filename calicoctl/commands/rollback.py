"""rollback: restore the resources of an earlier revision."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results, writes
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calicoctl.operations.rollback import Restoration


@click.command()
@click.argument(
    "revision", type=options.Revision(), required=False, metavar="[REVISION]", shell_complete=values.revisions
)
@click.option(
    "--to-revision",
    type=options.Revision(),
    metavar="REVISION",
    shell_complete=values.revisions,
    help="Same as the argument REVISION, as in kubectl rollout undo.",
)
@click.option("--last", is_flag=True, help="Undo the last command of the history.")
@click.option("--force", is_flag=True, help="Also undo changes by other programs to the same resources.")
@click.option("-y", "--yes", is_flag=True, help="Roll back without a question.")
@options.write_options
def command(
    revision: int | None, to_revision: int | None, last: bool, force: bool, yes: bool, write: options.WriteContext
) -> None:
    """Undo all commands of the history after REVISION, or the last command.

    The previous values are in the history, so this is possible after etcd was compacted, too. The resources are listed,
    and restored with consent: at a terminal, or with --yes. Resources that other programs have changed since are
    conflicts, and nothing is written. The checks are those of apply. A rollback is a command of the history as well.

    \b
    Example:
      calicoctl history
      calicoctl rollback 57 --dry-run
      calicoctl rollback --last --yes
    """
    from calicoctl.console.consent import ROLLBACK, require_consent
    from calicoctl.operations.rollback import plan_rollback, restoration_ranges
    from calicoctl.operations.write.outcome import Report

    if (revision is not None) + (to_revision is not None) + last != 1:
        raise UsageError("write REVISION, --to-revision or --last (list the revisions: calicoctl history)")
    revision = to_revision if revision is None else revision
    writes.refuse_client_dry_run(write, "rollback reads the history")
    restorations, place = _read_restorations(revision, write)
    if not restorations:
        results.print_report(Report((), dry_run=write.options.dry_run), write.output)
        return
    if not write.options.dry_run:
        require_consent([_describe(each) for each in restorations], place, yes=yes, task=ROLLBACK)
    planner = partial(plan_rollback, restorations=restorations, force=force)
    writes.write_resources((), planner, write, restoration_ranges(restorations))


def _read_restorations(revision: int | None, write: options.WriteContext) -> tuple[Sequence[Restoration], str]:
    """Return what the rollback to a revision, or of the last command, restores, and the endpoint."""
    from calicoctl.operations.history.log import read_history
    from calicoctl.operations.rollback import find_restorations

    with connect.open_datastore(write.connection, announce=False) as datastore:
        log = read_history(datastore)
    entries = log.last_command().entries if revision is None else log.entries_since(revision)
    current_messages().warn(log.warnings)
    return find_restorations(entries), datastore.endpoint


def _describe(restoration: Restoration) -> str:
    return f"{restoration.identifier}: {'delete' if restoration.deletes else 'restore'}"
