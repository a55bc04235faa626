"""The two sides of `diff --semantic`: files, directories, standard input, the datastore as it is and as it would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.commands import session
from calicoctl.errors import InvalidManifest, Problem, UsageProblem

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.commands.options import Members, Target
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.origins import Origins
    from calicoctl.resource import Located

DATASTORE = "datastore"
"""The word for the datastore; a file of this name is `./datastore`."""


class Side(NamedTuple):
    """A side, by the name that the user has for it."""

    name: str
    policy_set: PolicySet


def check(words: Sequence[str], filenames: Sequence[str], members: Members) -> None:
    """Raise UsageProblem when these can't be meant as sides."""
    if words and filenames:
        raise UsageProblem("--semantic takes two sides A B, or -f for what manifests would change, not both")
    if not filenames and len(words) != 2:
        raise UsageProblem(
            f"--semantic takes two sides A B, each a file, a directory, - for stdin, or {DATASTORE}; "
            f"or -f for what manifests would change in the datastore ({_given(len(words))})"
        )
    if members.name and not filenames:
        raise UsageProblem("--set goes with -f only: of two sides, what one lacks is gone anyway")
    if "" in words:
        raise UsageProblem(f"--semantic: a side is empty: name a file, a directory, - for stdin, or {DATASTORE}")
    for word, reason in ((DATASTORE, "the datastore is one side only"), ("-", "there is one stdin")):
        if list(words).count(word) > 1:
            raise UsageProblem(f"--semantic {word} {word}: {reason} (a file of this name is ./{word})")


def _given(count: int) -> str:
    return "1 side was given" if count == 1 else f"{count} sides were given"


def of_words(words: Sequence[str], *, recursive: bool, target: Target) -> Iterator[Side]:
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


def before_and_after(
    filenames: Sequence[str], members: Members, *, recursive: bool, target: Target
) -> tuple[Side, Side]:
    """The datastore as it is, and as it would be with manifests applied."""
    from calicoctl.operations import origins

    located = session.take_in(filenames, recursive=recursive, with_places=True)
    with session.open_datastore(target, announce=False) as datastore:
        gone = _pruned(datastore, located, members) if members.prune else ()
        before, after = origins.before_and_after(datastore, located, gone)
        name = f"datastore {datastore.endpoint}"
    return _side(name, before), _side(f"{', '.join(filenames)} on top of {name}", after)


def _pruned(datastore: Datastore, located: Sequence[Located], members: Members) -> list[str]:
    """The keys of what apply would prune.

    Raises:
        Refused: that would be too much.
    """
    from calicoctl.operations.writing import look

    plan = look(datastore, located, *session.applying(located, members, force=True))
    plan.check_steps()
    return [write.key for write in plan.writes if write.value is None]


def _side(name: str, found: Origins) -> Side:
    from calicoctl.analysis import policy_set

    return Side(name, policy_set(found.origins, found.notes))
