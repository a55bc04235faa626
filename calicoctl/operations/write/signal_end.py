"""End of a write by a signal: its report is what the datastore contains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from calicoctl.datastore import GuardsFailed
from calicoctl.errors import DatastoreUnreachable, interruption
from calicoctl.operations.write.write_state import WriteState
from calicoctl.signals import EXIT_NOTICE, ReceivedSignal, deferred_signals


@contextmanager
def end_by_signal(state: WriteState) -> Iterator[ReceivedSignal]:
    """Defer signals during a write, and raise the error of a received signal after it.

    A second signal ends the process immediately with the state of the write. A signal after the write ends the process
    with the notice that everything was written.

    Raises:
        Interrupted: a signal was received; reports the written keys.
    """
    failure: GuardsFailed | DatastoreUnreachable | None = None
    with deferred_signals() as received:
        EXIT_NOTICE.consequences = state.progress_lines
        try:
            yield received
        except BaseException as error:
            EXIT_NOTICE.consequences = tuple
            if not isinstance(error, (GuardsFailed, DatastoreUnreachable)):
                raise
            failure = error
        else:
            EXIT_NOTICE.consequences = lambda: (f"  all {state.total} keys were written before that",)
    if received:
        consequences = _failure_lines(failure) if failure else EXIT_NOTICE.consequences()
        raise interruption(received.number, *consequences)
    if failure:
        raise failure


def _failure_lines(failure: GuardsFailed | DatastoreUnreachable) -> tuple[str, ...]:
    """Return the messages of a failure as details. A failed guard would be followed by a retry."""
    if isinstance(failure, GuardsFailed):
        return ("  nothing was written",)
    return tuple(f"  {line.strip()}" for line in failure.lines)
