"""Completions of sets and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console.completion.items import Items, completion_items, open_datastore

if TYPE_CHECKING:
    from calicoctl.resource import Identifier


def set_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete names of sets of the datastore."""
    return completion_items(_read_set_members(context), incomplete)


def set_members(context: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Complete the arguments of `set remove`: the name of a set, and KIND/NAME of members."""
    previous_words = context.params.get(parameter.name or "") or ()
    sets = _read_set_members(context)
    if previous_words and previous_words[0] in sets:
        sets = {previous_words[0]: sets[previous_words[0]]}
    members = (str(identifier) for identifiers in sets.values() for identifier in identifiers)
    return completion_items([*(() if previous_words else sets), *members], incomplete, previous_words)


def _read_set_members(context: click.Context) -> dict[str, tuple[Identifier, ...]]:
    from calicoctl.operations.sets import read_sets

    with open_datastore(context) as datastore:
        return read_sets(datastore)
