"""Results of policy tests as JUnit XML, in the form that findings have."""

from calicoctl.printers.findings import junit
from calicoctl.printers.policytests import Shown
from calicoctl.printers.policytests.checked import checked


def show(shown: Shown) -> str:
    """A suite for each file, a case for each case."""
    return junit.show(checked(shown))
