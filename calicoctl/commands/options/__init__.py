"""Options that several verbs share, each written down once."""

from calicoctl.commands.options.general import LOG_LEVELS, findings_output, general, output
from calicoctl.commands.options.losses import Members, force, sets
from calicoctl.commands.options.resources import filters, given, manifests, names, refuse, with_datastore
from calicoctl.commands.options.target import MAX_TIMEOUT, Target, allow_lockout, connection, waiting, writing

__all__ = [
    "LOG_LEVELS",
    "MAX_TIMEOUT",
    "Members",
    "Target",
    "allow_lockout",
    "connection",
    "filters",
    "findings_output",
    "force",
    "general",
    "given",
    "manifests",
    "names",
    "output",
    "refuse",
    "sets",
    "waiting",
    "with_datastore",
    "writing",
]
