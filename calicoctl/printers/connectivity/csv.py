"""Who can reach whom as comma-separated values (RFC 4180): a line for each pair of groups."""

from __future__ import annotations

import csv
from io import StringIO

from calicoctl.analysis.sets import service_text
from calicoctl.printers.connectivity.answer import ConnectivityResult, check_limit

_MAX_LINES = 2_000_000
"""So many lines at most: spreadsheets take about a million."""


def show(result: ConnectivityResult) -> str:
    """A heading, and a line for each pair that may exchange something."""
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
