"""Results of `doctor`, as text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from calicoctl.operations.doctor.check import CheckStatus, DoctorCheck
from calicoctl.printable import escape_unprintable
from calicoctl.printers.formats import TextOptions
from calicoctl.printers.record import format_json as format_json_value


def format_text(checks: Sequence[DoctorCheck], options: TextOptions) -> str:
    """Return a line for each check, and a summary."""
    status_width = max(len(status.value) for status in CheckStatus)
    name_width = max(len(check.name) for check in checks)
    lines = [
        f"{options.style(check.status.value)}{' ' * (status_width - len(check.status.value))}  "
        f"{check.name:<{name_width}}  {escape_unprintable(check.message)}"
        for check in checks
    ]
    return "\n".join([*lines, _summary(checks), ""])


def _summary(checks: Sequence[DoctorCheck]) -> str:
    counts = Counter(check.status for check in checks)
    return ", ".join(f"{counts[status]} {status.value}" for status in CheckStatus if counts[status])


def format_json(checks: Sequence[DoctorCheck], _options: TextOptions) -> str:
    """Return a JSON list with an object for each check."""
    return format_json_value(
        [
            {
                "check": check.name,
                "status": check.status.value,
                "message": check.message,
                "exitCode": int(check.exit_code),
            }
            for check in checks
        ]
    )
