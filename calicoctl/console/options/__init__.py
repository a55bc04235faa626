"""Options that several commands have."""

from calicoctl.console.filters import given_filters, refuse_filters
from calicoctl.console.option_types import (
    MAX_TIMEOUT_SECONDS,
    ApplyOptions,
    ConnectionOptions,
    Revision,
    SetOptions,
    TableOptions,
    WriteContext,
)
from calicoctl.console.options.connection import connection_options, settings_options, wait_options, write_options
from calicoctl.console.options.fail_on import fail_on_options
from calicoctl.console.options.general import LOG_LEVELS, general_options
from calicoctl.console.options.output import output_option
from calicoctl.console.options.resources import (
    at_option,
    file_arguments,
    filter_options,
    ignore_not_found_option,
    interface_option,
    manifest_options,
    merge_filenames,
    names_argument,
    with_datastore_option,
)
from calicoctl.console.options.sets import apply_options, check_set_name, force_option, set_filter_option, set_options
from calicoctl.console.options.tables import table_options
from calicoctl.console.options.unmanaged import UnmanagedOptions, unmanaged_options

__all__ = [
    "LOG_LEVELS",
    "MAX_TIMEOUT_SECONDS",
    "ApplyOptions",
    "ConnectionOptions",
    "Revision",
    "SetOptions",
    "TableOptions",
    "UnmanagedOptions",
    "WriteContext",
    "apply_options",
    "at_option",
    "check_set_name",
    "connection_options",
    "fail_on_options",
    "file_arguments",
    "filter_options",
    "force_option",
    "general_options",
    "given_filters",
    "ignore_not_found_option",
    "interface_option",
    "manifest_options",
    "merge_filenames",
    "names_argument",
    "output_option",
    "refuse_filters",
    "set_filter_option",
    "set_options",
    "settings_options",
    "table_options",
    "unmanaged_options",
    "wait_options",
    "with_datastore_option",
    "write_options",
]
