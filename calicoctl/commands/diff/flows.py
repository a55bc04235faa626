"""diff --semantic --flows: the flows of a file that a change of policy allows or denies."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.commands.diff.comparison_options import ComparisonOptions
from calicoctl.commands.diff.operands import Operand, check_endpoints, describe_sides
from calicoctl.console import results
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode
from calicoctl.printers import formats


def print_flow_changes(path: str, operands: Sequence[Operand], comparison: ComparisonOptions) -> None:
    """Print the changed flows of a file.

    Raises:
        UsageError: nothing to compare.
        InvalidManifest: the problems of invalid lines, after the changes of the others.
    """
    from calicoctl.analysis.flows.comparison import FlowComparison
    from calicoctl.operations.flows.run import FlowRun
    from calicoctl.printers.flow_changes import FlowChangesHeader

    selected = formats.FLOW_CHANGES.select(comparison.output.name)
    flow_comparison = FlowComparison(operands[0].policy_set, operands[1].policy_set)
    check_endpoints(flow_comparison.policy_sets[0])
    sides = describe_sides(operands, flow_comparison.policy_sets, flow_comparison.notes)
    current_messages().warn(sides.notes)
    run = FlowRun(path, flow_comparison.compare, lambda compared: compared.change)
    header = FlowChangesHeader(path, sides, summary=comparison.summary)
    results.print_pieces(selected.load_pieces()(header, run), selected)
    changes = run.counts.keys() - {"unchanged"}
    failed = any(comparison.fail_on in change for change in changes)
    current_messages().exit_code = ExitCode.FINDINGS if failed else 0
    run.check()
