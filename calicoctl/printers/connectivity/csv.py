"""Connectivity as comma-separated values (RFC 4180): a line for each pair of groups."""

from __future__ import annotations

import csv
from io import StringIO

from calicoctl.analysis.sets import service_text
from calicoctl.printers.connectivity.limits import check_limit
from calicoctl.printers.connectivity.result import ConnectivityResult

_MAX_LINES = 2_000_000
"""Maximum number of lines. Spreadsheets accept about a million."""


def format_result(result: ConnectivityResult) -> str:
    """Return a header and a line for each pair of groups with allowed traffic."""
    rows = result.connectivity.rows
    check_limit(sum(len(row.sources) * len(row.destinations) for row in rows), _MAX_LINES, "csv", "lines")
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("from", "to", "services", "ip versions"))
    for row in rows:
        services = service_text.format_services(row.services)
        for source, destination in row.pairs():
            versions = sorted(source.versions & destination.versions & frozenset(row.versions))
            writer.writerow((source.name, destination.name, services, " ".join(map(str, versions))))
    return text.getvalue()
