"""The two sides of `diff --semantic`: files, directories, standard input, the datastore as it is and as it would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.commands import session
from calicoctl.errors import InvalidManifest, Problem, UsageError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.commands.options import ConnectionOptions, SetOptions
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.origins import PolicySources
    from calicoctl.resource import LocatedResource

DATASTORE = "datastore"
"""The word for the datastore; a file of this name is `./datastore`."""


class Operand(NamedTuple):
    """A side, by the name that the user has for it."""

    name: str
    policy_set: PolicySet


def check_operands(args: Sequence[str], filenames: Sequence[str], set_options: SetOptions) -> None:
    """Raise UsageProblem when these can't be meant as sides."""
    if args and filenames:
        raise UsageError("--semantic takes two sides A B, or -f for what manifests would change, not both")
    if not filenames and len(args) != 2:
        raise UsageError(
            f"--semantic takes two sides A B, each a file, a directory, - for stdin, or {DATASTORE}; "
            f"or -f for what manifests would change in the datastore ({_operand_count_text(len(args))})"
        )
    if set_options.name and not filenames:
        raise UsageError("--set goes with -f only: of two sides, what one lacks is gone anyway")
    if "" in args:
        raise UsageError(f"--semantic: a side is empty: name a file, a directory, - for stdin, or {DATASTORE}")
    for word, reason in ((DATASTORE, "the datastore is one side only"), ("-", "there is one stdin")):
        if list(args).count(word) > 1:
            raise UsageError(f"--semantic {word} {word}: {reason} (a file of this name is ./{word})")


def _operand_count_text(count: int) -> str:
    return "1 side was given" if count == 1 else f"{count} sides were given"


def operands_from_args(args: Sequence[str], *, recursive: bool, target: ConnectionOptions) -> Iterator[Operand]:
    """The two sides; all problems of the manifests of both are reported at once."""
    from calicoctl.operations import origins

    resources_by_arg: dict[str, Sequence[LocatedResource]] = {}
    problems: list[Problem] = []
    for word in args:
        try:
            if word != DATASTORE:
                resources_by_arg[word] = session.read_resources((word,), recursive=recursive, positions=True)
        except InvalidManifest as error:
            problems += error.problems
    if problems:
        raise InvalidManifest(dict.fromkeys(problems))
    for word in args:
        if word in resources_by_arg:
            yield _make_operand(word, origins.sources_from_manifests(resources_by_arg[word]))
        else:
            with session.open_datastore(target, announce=False) as datastore:
                yield _make_operand(f"datastore {datastore.endpoint}", origins.sources_from_datastore(datastore))


def datastore_before_after(
    filenames: Sequence[str], set_options: SetOptions, *, recursive: bool, target: ConnectionOptions
) -> tuple[Operand, Operand]:
    """The datastore as it is, and as it would be with manifests applied."""
    from calicoctl.operations import origins

    resources = session.read_resources(filenames, recursive=recursive, positions=True)
    with session.open_datastore(target, announce=False) as datastore:
        deleted_keys = _keys_to_prune(datastore, resources, set_options) if set_options.prune else ()
        before, after = origins.sources_before_after(datastore, resources, deleted_keys)
        name = f"datastore {datastore.endpoint}"
    return _make_operand(name, before), _make_operand(f"{', '.join(filenames)} on top of {name}", after)


def _keys_to_prune(datastore: Datastore, resources: Sequence[LocatedResource], set_options: SetOptions) -> list[str]:
    """The keys of what apply would prune.

    Raises:
        Refused: that would be too much.
    """
    from calicoctl.operations.writing import plan_only

    plan = plan_only(datastore, resources, *session.make_apply_step(resources, set_options, force=True))
    plan.check_steps()
    return [write.key for write in plan.writes if write.value is None]


def _make_operand(name: str, sources: PolicySources) -> Operand:
    from calicoctl.analysis import build_policy_set

    return Operand(name, build_policy_set(sources.sources, sources.notes))
