"""Connectivity as comma-separated values (RFC 4180): a line for each pair of groups."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.sets import service_text
from calicoctl.printers.connectivity.limits import check_limit
from calicoctl.printers.connectivity.result import ConnectivityResult
from calicoctl.printers.table_text import csv_text

_MAX_LINES = 2_000_000
"""Maximum number of lines. Spreadsheets accept about a million."""


def format_result(result: ConnectivityResult) -> str:
    """Return a header and a line for each pair of groups with allowed traffic."""
    rows = result.connectivity.rows
    check_limit(sum(len(row.sources) * len(row.destinations) for row in rows), _MAX_LINES, "csv", "lines")
    return csv_text(_lines(result))


def _lines(result: ConnectivityResult) -> Iterator[tuple[str, ...]]:
    yield ("from", "to", "services", "ip versions")
    for row in result.connectivity.rows:
        services = service_text.format_services(row.services)
        for source, destination in row.pairs():
            versions = sorted(source.versions & destination.versions & frozenset(row.versions))
            yield (source.name, destination.name, services, " ".join(map(str, versions)))
