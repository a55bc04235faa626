"""diff --semantic: compare the allowed traffic of manifests or of the datastore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calicoctl.commands.diff.comparison_options import ComparisonOptions
from calicoctl.commands.diff.flows import print_flow_changes
from calicoctl.commands.diff.operands import Operand, check_endpoints, describe_sides, load_operands
from calicoctl.console import results
from calicoctl.console.colors import style
from calicoctl.console.flow_files import check_flows_file
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis.semantic_diff.compare import SemanticDiff
    from calicoctl.console.options import ApplyOptions, ConnectionOptions


def print_semantic_diff(
    args: Sequence[str],
    filenames: Sequence[str],
    apply_options: ApplyOptions,
    comparison: ComparisonOptions,
    *,
    recursive: bool,
    connection: ConnectionOptions,
) -> None:
    """Print gained and lost traffic, or flows, between A and B, or between the datastore before and after `apply`.

    Raises:
        UsageError: invalid operands, or neither side contains an endpoint or a profile.
        InvalidManifest: the problems of invalid flows, after the changes of the others.
    """
    from calicoctl.analysis.semantic_diff.compare import compare_policy_sets

    if comparison.flows is not None:
        check_flows_file(comparison.flows, (*args, *filenames))
    operands = load_operands(args, filenames, apply_options, recursive=recursive, connection=connection)
    if comparison.flows is not None:
        print_flow_changes(comparison.flows, operands, comparison)
        return
    difference = compare_policy_sets(*(side.policy_set for side in operands))
    check_endpoints(difference.before)
    _print_difference(operands, difference, comparison)


def _print_difference(operands: Sequence[Operand], difference: SemanticDiff, comparison: ComparisonOptions) -> None:
    header = describe_sides(operands, (difference.before, difference.after), difference.notes)
    current_messages().warn(header.notes)
    text = comparison.output.load()(header, difference, formats.TextOptions(style, comparison.summary))
    kinds = {*difference.unevaluated_kinds, *(change.kind for change in difference.changes)}
    code = ExitCode.FINDINGS if any(comparison.fail_on in ("", kind) for kind in kinds) else 0
    results.finish(text, code, comparison.output)
