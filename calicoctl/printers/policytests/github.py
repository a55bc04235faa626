"""Results of policy tests as annotations of GitHub Actions, in the form that findings have."""

from calicoctl.printers.findings import github
from calicoctl.printers.policytests import PolicyTestOutput
from calicoctl.printers.policytests.checked import as_findings


def show(output: PolicyTestOutput) -> str:
    """An annotation for each case that did not pass; when all did, a plain line for the log."""
    return github.show(as_findings(output))
