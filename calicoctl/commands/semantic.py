"""diff --semantic: what traffic is gained and lost from one side to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from calicoctl.commands import session
from calicoctl.commands.sides import DATASTORE, Side, before_and_after, check, of_words
from calicoctl.commands.speech import current
from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.commands.options import Members, Target

_CHANGED = 1
_COLOURS = {"gained": "green", "lost": "red"}


class Form(NamedTuple):
    """How the result is to be said."""

    json: bool
    summary: bool
    widening_only: bool
    """Whether only what is gained counts for the exit code."""


def diff(
    words: Sequence[str], filenames: Sequence[str], members: Members, *, recursive: bool, form: Form, target: Target
) -> None:
    """Print what is gained and lost between two words, or between the datastore and manifests on top of it.

    Raises:
        UsageProblem: the words or files can't be meant, or there is nobody to compare for.
    """
    from calicoctl.analysis.comparison.comparing import compare

    check(words, filenames, members)
    session.pause_collector()
    if words:
        sides = tuple(of_words(words, recursive=recursive, target=target))
    else:
        sides = before_and_after(filenames, members, recursive=recursive, target=target)
    found = compare(*(side.policy_set for side in sides))
    if not found.before.endpoints:
        raise UsageProblem(
            "there is nobody whose traffic could be compared: neither side has an endpoint or a profile "
            f"(name manifests that have, or {DATASTORE} as one side)"
        )
    notes = (*_notes(sides), *found.notes)
    current().warn(notes)
    bases = [_basis(side, judged) for side, judged in zip(sides, (found.before, found.after), strict=True)]
    from calicoctl.printers import comparison

    compared = comparison.Compared(bases[0], bases[1], notes)
    if form.json:
        text = comparison.json(compared, found)
    else:
        text = comparison.summary(found, _painted) if form.summary else comparison.text(compared, found, _painted)
    session.conclude(text, _CHANGED if found.gained or (found.lost and not form.widening_only) else 0)


def _basis(side: Side, judged: PolicySet) -> str:
    """What a side has of its own; where the endpoints of the other are judged, none stand in."""
    own = side.policy_set
    if own.stand_ins and not judged.stand_ins:
        own = replace(own, endpoints=(), stand_ins=False)
    return f"{side.name}: {own.counted}"


def _notes(sides: Sequence[Side]) -> Iterator[str]:
    """What has to be said about each side; what holds for both is said once."""
    before, after = (dict.fromkeys(side.policy_set.notes) for side in sides)
    yield from (note for note in before if note in after)
    yield from (f"before: {note}" for note in before if note not in after)
    yield from (f"after: {note}" for note in after if note not in before)


def _painted(sort: str) -> str:
    return click.style(sort, fg=_COLOURS[sort])
