"""diff --semantic: what traffic is gained and lost from one side to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from calicoctl.commands import session
from calicoctl.commands.sides import DATASTORE, Operand, check_operands, datastore_before_after, operands_from_args
from calicoctl.commands.speech import current_messages
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.commands.options import ConnectionOptions, SetOptions

_EXIT_CHANGED = 1
_CHANGE_COLOURS = {"gained": "green", "lost": "red"}


class OutputOptions(NamedTuple):
    """How the result is to be said."""

    json: bool
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
    target: ConnectionOptions,
) -> None:
    """Print what is gained and lost between two words, or between the datastore and manifests on top of it.

    Raises:
        UsageProblem: the words or files can't be meant, or there is nobody to compare for.
    """
    from calicoctl.analysis.comparison.comparing import compare_policy_sets

    check_operands(args, filenames, set_options)
    session.disable_gc()
    if args:
        operands = tuple(operands_from_args(args, recursive=recursive, target=target))
    else:
        operands = datastore_before_after(filenames, set_options, recursive=recursive, target=target)
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
    from calicoctl.printers import comparison

    header = comparison.ComparedSides(bases[0], bases[1], notes)
    if output_options.json:
        text = comparison.format_json(header, difference)
    else:
        text = (
            comparison.format_summary(difference, _style_change)
            if output_options.summary
            else comparison.format_text(header, difference, _style_change)
        )
    session.finish(
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


def _style_change(change_type: str) -> str:
    return click.style(change_type, fg=_CHANGE_COLOURS[change_type])
