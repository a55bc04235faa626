"""Commands that stay and tell what changes: until Ctrl-C, or until nobody reads what they say."""

from __future__ import annotations

import contextlib
import gc
import select
import sys
from typing import TYPE_CHECKING

import click

from calicoctl.commands import session
from calicoctl.commands.options import Target
from calicoctl.commands.speech import current

if TYPE_CHECKING:
    from calicoctl.errors import DatastoreUnreachable
    from calicoctl.operations.watching import Watched


def show_changes(target: Target, watched: Watched, output: str) -> None:
    """Print what is there and each change of it, without end.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    from calicoctl.operations.query import kinds_of
    from calicoctl.operations.watching import watch
    from calicoctl.printers import stream_named

    show = stream_named(output, kinds_of(watched.queries))
    gc.enable()  # off in commands that live for moments
    with session.open_datastore(target, announce=False) as datastore:
        for update in watch(datastore, watched, tell_absence):
            current().warn(update.warnings)
            if text := show(update.events):
                click.echo(text, nl=False)  # which flushes: whoever reads a pipe sees it now
            check_reader()


def tell_absence(trouble: DatastoreUnreachable | None) -> None:
    """Say on stderr that the datastore is away, or with None that it is back."""
    if trouble is None:
        current().remark("the datastore can be reached again")
    else:
        first, *more = trouble.lines
        current().warn(["\n".join([f"{first}; trying again", *more])])


def check_reader() -> None:
    """Raise BrokenPipeError when nobody reads stdout any more, without writing to it."""
    if sys.stdout is None:  # closed by the caller
        raise BrokenPipeError
    with contextlib.suppress(ValueError):  # no file at all
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0)):
            raise BrokenPipeError
