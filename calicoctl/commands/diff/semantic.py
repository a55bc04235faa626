"""The two sides of `diff --semantic`: files, directories, standard input, the datastore as it is and as it would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.console import connect, inputs, policy_sets, results, writes
from calicoctl.console.colours import style
from calicoctl.console.messages import current_messages
from calicoctl.errors import InvalidManifest, Problem, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.console.options import ConnectionOptions, SetOptions
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.policy_sets.sources import PolicySources
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


def operands_from_args(args: Sequence[str], *, recursive: bool, connection: ConnectionOptions) -> Iterator[Operand]:
    """The two sides; all problems of the manifests of both are reported at once."""
    from calicoctl.operations.policy_sets import sources as origins

    resources_by_arg: dict[str, Sequence[LocatedResource]] = {}
    problems: list[Problem] = []
    for word in args:
        try:
            if word != DATASTORE:
                resources_by_arg[word] = inputs.read_resources((word,), recursive=recursive, positions=True)
        except InvalidManifest as error:
            problems += error.problems
    if problems:
        raise InvalidManifest(dict.fromkeys(problems))
    for word in args:
        if word in resources_by_arg:
            yield _make_operand(word, origins.sources_from_manifests(resources_by_arg[word]))
        else:
            with connect.open_datastore(connection, announce=False) as datastore:
                yield _make_operand(f"datastore {datastore.endpoint}", origins.sources_from_datastore(datastore))


def datastore_before_after(
    filenames: Sequence[str], set_options: SetOptions, *, recursive: bool, connection: ConnectionOptions
) -> tuple[Operand, Operand]:
    """The datastore as it is, and as it would be with manifests applied."""
    from calicoctl.operations.policy_sets import sources as origins

    resources = inputs.read_resources(filenames, recursive=recursive, positions=True)
    with connect.open_datastore(connection, announce=False) as datastore:
        deleted_keys = _keys_to_prune(datastore, resources, set_options) if set_options.prune else ()
        before, after = origins.sources_before_after(datastore, resources, deleted_keys)
        name = f"datastore {datastore.endpoint}"
    return _make_operand(name, before), _make_operand(f"{', '.join(filenames)} on top of {name}", after)


def _keys_to_prune(datastore: Datastore, resources: Sequence[LocatedResource], set_options: SetOptions) -> list[str]:
    """The keys of what apply would prune.

    Raises:
        Refused: that would be too much.
    """
    from calicoctl.operations.write.run import plan_only

    _, plan = plan_only(datastore, resources, *writes.make_apply_planner(set_options, force=True))
    return [write.key for write in plan.writes if write.value is None]


def _make_operand(name: str, sources: PolicySources) -> Operand:
    from calicoctl.analysis import build_policy_set

    return Operand(name, build_policy_set(sources.sources, sources.notes))


_EXIT_CHANGED = 1


class OutputOptions(NamedTuple):
    """How the result is to be said."""

    output: formats.SelectedFormat
    summary: bool
    widening_only: bool
    """Whether only what is gained counts for the exit code."""


def print_semantic_diff(
    args: Sequence[str],
    filenames: Sequence[str],
    set_options: SetOptions,
    *,
    recursive: bool,
    output_options: OutputOptions,
    connection: ConnectionOptions,
) -> None:
    """Print what is gained and lost between two words, or between the datastore and manifests on top of it.

    Raises:
        UsageProblem: the words or files can't be meant, or there is nobody to compare for.
    """
    from calicoctl.analysis.semantic_diff.compare import compare_policy_sets

    check_operands(args, filenames, set_options)
    policy_sets.disable_gc()
    if args:
        operands = tuple(operands_from_args(args, recursive=recursive, connection=connection))
    else:
        operands = datastore_before_after(filenames, set_options, recursive=recursive, connection=connection)
    difference = compare_policy_sets(*(side.policy_set for side in operands))
    if not difference.before.endpoints:
        raise UsageError(
            "there is nobody whose traffic could be compared: neither side has an endpoint or a profile "
            f"(name manifests that have, or {DATASTORE} as one side)"
        )
    notes = (*_collect_notes(operands), *difference.notes)
    current_messages().warn(notes)
    bases = [
        _describe_basis(side, judged)
        for side, judged in zip(operands, (difference.before, difference.after), strict=True)
    ]
    from calicoctl.printers.semantic_diff import ComparedSides

    header = ComparedSides(bases[0], bases[1], notes)
    text = output_options.output.load()(header, difference, formats.TextOptions(style, output_options.summary))
    results.finish(
        text, _EXIT_CHANGED if difference.gained or (difference.lost and not output_options.widening_only) else 0
    )


def _describe_basis(operand: Operand, compared: PolicySet) -> str:
    """What a side has of its own; where the endpoints of the other are judged, none stand in."""
    own = operand.policy_set
    if own.has_placeholders and not compared.has_placeholders:
        own = replace(own, endpoints=(), has_placeholders=False)
    return f"{operand.name}: {own.summary}"


def _collect_notes(operands: Sequence[Operand]) -> Iterator[str]:
    """What has to be said about each side; what holds for both is said once."""
    before, after = (dict.fromkeys(side.policy_set.notes) for side in operands)
    yield from (note for note in before if note in after)
    yield from (f"before: {note}" for note in before if note not in after)
    yield from (f"after: {note}" for note in after if note not in before)
