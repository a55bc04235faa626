"""Options that several verbs share, each written down once."""

from calicoctl.commands.options.general import LOG_LEVELS, findings_output_option, general_options, output_option
from calicoctl.commands.options.losses import SetOptions, force_option, set_options
from calicoctl.commands.options.resources import (
    filter_options,
    given_filters,
    manifest_options,
    names_argument,
    refuse_filters,
    with_datastore_option,
)
from calicoctl.commands.options.target import (
    MAX_TIMEOUT_SECONDS,
    ConnectionOptions,
    allow_lockout_option,
    connection_options,
    wait_options,
    write_options,
)

__all__ = [
    "LOG_LEVELS",
    "MAX_TIMEOUT_SECONDS",
    "ConnectionOptions",
    "SetOptions",
    "allow_lockout_option",
    "connection_options",
    "filter_options",
    "findings_output_option",
    "force_option",
    "general_options",
    "given_filters",
    "manifest_options",
    "names_argument",
    "output_option",
    "refuse_filters",
    "set_options",
    "wait_options",
    "with_datastore_option",
    "write_options",
]
