"""The two sides of diff --semantic: which they are, their policy sets, and their descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.console import connect, inputs, policy_sets, writes
from calicoctl.console.activity import ACTIVITY
from calicoctl.errors import InvalidManifest, Problem, UsageError
from calicoctl.name_list import count_noun

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.console.options import ApplyOptions, ConnectionOptions
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.policy_sets.sources import PolicySources
    from calicoctl.printers.semantic_diff import ComparedSides
    from calicoctl.resource import LocatedResource

DATASTORE = "datastore"
"""Operand for the datastore; a file of this name is `./datastore`."""


class Operand(NamedTuple):
    """One side of the comparison, with its name for messages."""

    name: str
    policy_set: PolicySet


def check_operands(args: Sequence[str], filenames: Sequence[str], apply_options: ApplyOptions) -> None:
    """Raise UsageError if the operands are invalid."""
    if args and filenames:
        raise UsageError("--semantic: A B and -f cannot be combined")
    if apply_options.revision and args and DATASTORE not in args:
        raise UsageError(f"--at requires the operand {DATASTORE}, or no operands")
    if not filenames and len(args) != 2 and (args or not apply_options.revision):
        raise UsageError(
            f"--semantic requires two operands A B, each a file, a directory, - for stdin, or {DATASTORE}; "
            f"or -f to compare the datastore before and after apply (found {count_noun(len(args), 'operand')})"
        )
    if apply_options.sets.name and not filenames:
        raise UsageError("--set requires -f")
    if "" in args:
        raise UsageError(f"--semantic: an operand is empty (name a file, a directory, - for stdin, or {DATASTORE})")
    for word, reason in ((DATASTORE, "the datastore can be one operand only"), ("-", "stdin can be read only once")):
        if list(args).count(word) > 1:
            raise UsageError(f"--semantic {word} {word}: {reason} (write ./{word} for a file of this name)")


def operands_from_args(
    args: Sequence[str], revision: int, *, recursive: bool, connection: ConnectionOptions
) -> Iterator[Operand]:
    """Yield the operands A and B. The datastore is that of a revision; 0 for the current one.

    Raises:
        InvalidManifest: all problems of both operands.
        NotFound: the revision does not exist.
    """
    from calicoctl.operations.policy_sets.sources import sources_from_manifests

    resources_by_arg: dict[str, Sequence[LocatedResource]] = {}
    problems: list[Problem] = []
    for word in args:
        try:
            if word != DATASTORE:
                resources_by_arg[word] = inputs.read_analysed_resources((word,), recursive=recursive)
        except InvalidManifest as error:
            problems += error.problems
    if problems:
        raise InvalidManifest(dict.fromkeys(problems))
    for word in args:
        if word in resources_by_arg:
            yield _make_operand(word, sources_from_manifests(resources_by_arg[word]))
        else:
            with connect.open_datastore(connection, announce=False) as datastore:
                yield _datastore_operand(datastore, revision)


def datastore_since(revision: int, connection: ConnectionOptions) -> Iterator[Operand]:
    """Yield the datastore at a revision, and now.

    Raises:
        NotFound: the revision does not exist.
    """
    with connect.open_datastore(connection, announce=False) as datastore:
        for each in (revision, 0):
            yield _datastore_operand(datastore, each)


def _datastore_operand(datastore: Datastore, revision: int) -> Operand:
    from calicoctl.operations.policy_sets.sources import sources_from_datastore

    return _make_operand(_datastore_name(datastore, revision), sources_from_datastore(datastore, revision=revision))


def _datastore_name(datastore: Datastore, revision: int) -> str:
    return f"datastore {datastore.endpoint}" + (f" at revision {revision}" if revision else "")


def datastore_before_after(
    filenames: Sequence[str], apply_options: ApplyOptions, *, recursive: bool, connection: ConnectionOptions
) -> tuple[Operand, Operand]:
    """Return the datastore before and after `apply` of the manifests.

    Raises:
        Conflict, Refused, InvalidManifest: as `apply`.
    """
    from calicoctl.operations.policy_sets import sources as origins

    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    sets = inputs.protect_skipped(apply_options.sets, filenames, recursive=recursive)
    with connect.open_datastore(connection, announce=False, resources=resources) as datastore:
        plan = writes.preview_apply(datastore, resources, apply_options._replace(sets=sets)).plan
        deleted_keys = [write.key for write in plan.writes if write.value is None]
        revision = apply_options.revision
        before, after = origins.sources_before_after(datastore, resources, deleted_keys, revision)
        name = _datastore_name(datastore, revision)
    return _make_operand(name, before), _make_operand(f"{', '.join(filenames)} applied to {name}", after)


def _make_operand(name: str, sources: PolicySources) -> Operand:
    from calicoctl.analysis import build_policy_set

    return Operand(name, replace(build_policy_set(sources.sources, sources.notes), neighbor_discovery=True))


def load_operands(
    args: Sequence[str],
    filenames: Sequence[str],
    apply_options: ApplyOptions,
    *,
    recursive: bool,
    connection: ConnectionOptions,
) -> tuple[Operand, Operand]:
    """Return the operands A and B, the datastore before and after `apply`, or at a revision and now.

    Raises:
        UsageError: invalid operands.
    """
    check_operands(args, filenames, apply_options)
    policy_sets.disable_gc()
    if args:
        before, after = operands_from_args(args, apply_options.revision, recursive=recursive, connection=connection)
    elif not filenames:
        before, after = datastore_since(apply_options.revision, connection)
    else:
        before, after = datastore_before_after(filenames, apply_options, recursive=recursive, connection=connection)
    ACTIVITY.start("analyzing")
    return before, after


def check_endpoints(compared: PolicySet) -> None:
    """Raise UsageError if there is nothing to compare."""
    if not compared.endpoints:
        raise UsageError(
            f"nothing to compare: neither side contains an endpoint or a profile (compare with {DATASTORE})"
        )


def describe_sides(operands: Sequence[Operand], compared: Sequence[PolicySet], notes: Sequence[str]) -> ComparedSides:
    """Return the description of both sides, with the notes of their policy sets and of the comparison."""
    from calicoctl.printers.semantic_diff import ComparedSides

    bases = [_describe_basis(side, judged) for side, judged in zip(operands, compared, strict=True)]
    return ComparedSides(bases[0], bases[1], (*_collect_notes(operands), *notes))


def _describe_basis(operand: Operand, compared: PolicySet) -> str:
    """Return the summary of one side, without placeholder endpoints if the endpoints of the other side are used."""
    own = operand.policy_set
    if own.has_placeholders and not compared.has_placeholders:
        own = replace(own, endpoints=(), has_placeholders=False)
    return f"{operand.name}: {own.summary}"


def _collect_notes(operands: Sequence[Operand]) -> Iterator[str]:
    """Yield the notes of both sides; notes of both sides once."""
    before, after = (dict.fromkeys(side.policy_set.notes) for side in operands)
    yield from (note for note in before if note in after)
    yield from (f"before: {note}" for note in before if note not in after)
    yield from (f"after: {note}" for note in after if note not in before)
