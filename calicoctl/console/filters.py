"""Values of the options `--node`, `--workload`, `--orchestrator` and `--scope`."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.errors import UsageError


def given_filters(**values: str | None) -> dict[str, str]:
    """Return the filter options that are set."""
    return {name: value for name, value in values.items() if value is not None}


def refuse_filters(values: Mapping[str, str], context: str) -> None:
    """Raise UsageError if filters are set that have no meaning for `context`."""
    for name in values:
        raise UsageError(f"--{name} cannot be combined with {context}")
