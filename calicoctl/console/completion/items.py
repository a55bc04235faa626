"""Completion items, and reads of the datastore for them within the time of a completion."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from calicoctl.console.option_types import parse_duration

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.kinds import Kind
    from calicoctl.resource import Identifier

Items = list["CompletionItem[str]"]
Completer = Callable[[click.Context, click.Parameter, str], Items]

NO_SPACE = "nospace"
"""Type of an incomplete word, without a following space."""

TIMEOUT_VARIABLE = "CALICOCTL_COMPLETION_TIMEOUT"
_DEFAULT_TIMEOUT_SECONDS = 0.3
"""Maximum time of a completion, in seconds."""
_MAX_TIMEOUT_SECONDS = 3600.0
"""Maximum value of `TIMEOUT_VARIABLE`."""
_RESERVED_SECONDS = 0.03
"""Part of the time for the shell and for the output."""

_SHELL_SAFE_WORD = re.compile(r"[\w.,:/@%+-]+", re.ASCII)
"""Matches words without special characters. All v1 names match; other names come from other clients."""


def time_left() -> float:
    """Return the remaining time in seconds. The CPU time of the process is the elapsed time."""
    timeout = parse_duration(os.environ.get(TIMEOUT_VARIABLE, ""))
    if timeout is None or not 0 < timeout <= _MAX_TIMEOUT_SECONDS:
        timeout = _DEFAULT_TIMEOUT_SECONDS
    return max(timeout - _RESERVED_SECONDS - time.process_time(), 0.001)


def read_identifiers(
    context: click.Context, kinds: Sequence[Kind], filters: Collection[str] = ()
) -> tuple[Identifier, ...]:
    """Read the identifiers of kinds from the datastore of the command line, with one connection.

    Args:
        context: the context of the completed command.
        kinds: the kinds; without kinds, there is no connection.
        filters: names of options. The identifying fields of a kind among them restrict its identifiers.
    """
    from calicoctl.operations.read import query

    if not kinds:
        return ()
    with open_datastore(context) as datastore:
        return tuple(
            identifier
            for kind in kinds
            for identifier in query.read_identifiers(datastore, kind, _filter_values(context, kind, filters))
        )


def _filter_values(context: click.Context, kind: Kind, filters: Collection[str]) -> dict[str, str]:
    """Return the values of these options that identify resources of the kind."""
    from calicoctl.console.filters import given_filters

    return given_filters(**{name: context.params.get(name) for name in kind.identifying_fields[:-1] if name in filters})


def open_datastore(context: click.Context) -> Datastore:
    """Connect to the datastore of the command line, within the time of a completion."""
    from calicoctl.console import connect
    from calicoctl.console.option_types import ConnectionOptions

    connection = ConnectionOptions.from_context(context, time_left())
    return connect.open_datastore(connection, announce=False)


def completion_items(candidates: Iterable[str], incomplete: str, excluded: Iterable[str] = ()) -> Items:
    """Return the sorted words with this prefix, without duplicates and excluded words."""
    remaining = {word for word in candidates if word.startswith(incomplete)}.difference(excluded)
    return [CompletionItem(word) for word in sorted(remaining) if _SHELL_SAFE_WORD.fullmatch(word)]
