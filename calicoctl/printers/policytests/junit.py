"""Results of policy tests as JUnit XML, in the form that findings have."""

from calicoctl.printers.findings import junit
from calicoctl.printers.policytests import PolicyTestOutput
from calicoctl.printers.policytests.checked import as_findings


def show(output: PolicyTestOutput) -> str:
    """A suite for each file, a case for each case."""
    return junit.show(as_findings(output))
