"""Options that several commands have."""

from calicoctl.console.filters import given_filters, refuse_filters
from calicoctl.console.option_types import MAX_TIMEOUT_SECONDS, ConnectionOptions, SetOptions, WriteContext
from calicoctl.console.options.connection import (
    allow_lockout_option,
    connection_options,
    settings_options,
    wait_options,
    write_options,
)
from calicoctl.console.options.general import LOG_LEVELS, general_options
from calicoctl.console.options.output import output_option
from calicoctl.console.options.resources import filter_options, manifest_options, names_argument, with_datastore_option
from calicoctl.console.options.sets import force_option, set_options

__all__ = [
    "LOG_LEVELS",
    "MAX_TIMEOUT_SECONDS",
    "ConnectionOptions",
    "SetOptions",
    "WriteContext",
    "allow_lockout_option",
    "connection_options",
    "filter_options",
    "force_option",
    "general_options",
    "given_filters",
    "manifest_options",
    "names_argument",
    "output_option",
    "refuse_filters",
    "set_options",
    "settings_options",
    "wait_options",
    "with_datastore_option",
    "write_options",
]
