"""diff --semantic: what traffic is gained and lost from one side to the other, and where the sides come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from calicoctl.commands import session
from calicoctl.commands.speech import current
from calicoctl.errors import InvalidManifest, Problem, UsageProblem

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.commands.options import Target
    from calicoctl.operations.origins import Origins
    from calicoctl.resource import Located

DATASTORE = "datastore"
"""The word for the datastore; a file of this name is `./datastore`."""

_CHANGED = 1
_COLOURS = {"gained": "green", "lost": "red"}


class Form(NamedTuple):
    """How the result is to be said."""

    json: bool
    summary: bool
    widening_only: bool
    """Whether only what is gained counts for the exit code."""


class _Side(NamedTuple):
    """A side, by the name that the user has for it."""

    name: str
    policy_set: PolicySet


def diff(words: Sequence[str], filenames: Sequence[str], *, recursive: bool, form: Form, target: Target) -> None:
    """Print what is gained and lost between two words, or between the datastore and manifests on top of it.

    Raises:
        UsageProblem: the words or files can't be meant, or there is nobody to compare for.
    """
    from calicoctl.analysis.comparison import compare

    _check(words, filenames)
    session.pause_collector()
    if words:
        sides = tuple(_of_words(words, recursive=recursive, target=target))
    else:
        sides = _before_and_after(filenames, recursive=recursive, target=target)
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


def _check(words: Sequence[str], filenames: Sequence[str]) -> None:
    if words and filenames:
        raise UsageProblem("--semantic takes two sides A B, or -f for what manifests would change, not both")
    if not filenames and len(words) != 2:
        raise UsageProblem(
            f"--semantic takes two sides A B, each a file, a directory, - for stdin, or {DATASTORE}; "
            f"or -f for what manifests would change in the datastore ({_given(len(words))})"
        )
    if "" in words:
        raise UsageProblem(f"--semantic: a side is empty: name a file, a directory, - for stdin, or {DATASTORE}")
    for word, reason in ((DATASTORE, "the datastore is one side only"), ("-", "there is one stdin")):
        if list(words).count(word) > 1:
            raise UsageProblem(f"--semantic {word} {word}: {reason} (a file of this name is ./{word})")


def _given(count: int) -> str:
    return "1 side was given" if count == 1 else f"{count} sides were given"


def _of_words(words: Sequence[str], *, recursive: bool, target: Target) -> Iterator[_Side]:
    """The two sides; all problems of the manifests of both are reported at once."""
    from calicoctl.operations import origins

    manifests: dict[str, Sequence[Located]] = {}
    problems: list[Problem] = []
    for word in words:
        try:
            if word != DATASTORE:
                manifests[word] = session.take_in((word,), recursive=recursive, with_places=True)
        except InvalidManifest as error:
            problems += error.problems
    if problems:
        raise InvalidManifest(dict.fromkeys(problems))
    for word in words:
        if word in manifests:
            yield _side(word, origins.of_manifests(manifests[word]))
        else:
            with session.open_datastore(target, announce=False) as datastore:
                yield _side(f"datastore {datastore.endpoint}", origins.of_datastore(datastore))


def _before_and_after(filenames: Sequence[str], *, recursive: bool, target: Target) -> tuple[_Side, _Side]:
    """The datastore as it is, and as it would be with manifests applied."""
    from calicoctl.operations import origins

    located = session.take_in(filenames, recursive=recursive, with_places=True)
    with session.open_datastore(target, announce=False) as datastore:
        before, after = origins.before_and_after(datastore, located)
        name = f"datastore {datastore.endpoint}"
    return _side(name, before), _side(f"{', '.join(filenames)} on top of {name}", after)


def _side(name: str, found: Origins) -> _Side:
    from calicoctl.analysis import policy_set

    return _Side(name, policy_set(found.origins, found.notes))


def _basis(side: _Side, judged: PolicySet) -> str:
    """What a side has of its own; where the endpoints of the other are judged, none stand in."""
    own = side.policy_set
    if own.stand_ins and not judged.stand_ins:
        own = replace(own, endpoints=(), stand_ins=False)
    return f"{side.name}: {own.counted}"


def _notes(sides: Sequence[_Side]) -> Iterator[str]:
    """What has to be said about each side; what holds for both is said once."""
    before, after = (dict.fromkeys(side.policy_set.notes) for side in sides)
    yield from (note for note in before if note in after)
    yield from (f"before: {note}" for note in before if note not in after)
    yield from (f"after: {note}" for note in after if note not in before)


def _painted(sort: str) -> str:
    return click.style(sort, fg=_COLOURS[sort])
