"""trace --flows: decide on many observed flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calicoctl.console import results
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet


def print_flows(policy_set: PolicySet, basis: str, path: str, output: formats.SelectedFormat) -> None:
    """Print the decision on each flow of a file.

    Raises:
        InvalidManifest: the problems of invalid lines, after the decisions on the others.
    """
    from calicoctl.analysis.flows.evaluation import FlowEvaluation
    from calicoctl.operations.flows.run import FlowRun
    from calicoctl.printers.flows import FlowsHeader

    selected = formats.FLOWS.select(output.name)
    current_messages().warn(policy_set.notes)
    run = FlowRun(path, FlowEvaluation(policy_set).decide, lambda decided: decided.decision.verdict)
    results.print_pieces(selected.load_pieces()(FlowsHeader(path, basis, policy_set.notes), run), selected)
    current_messages().exit_code = 0 if set(run.counts) == {"allowed"} else ExitCode.FINDINGS
    run.check()
