"""Who can reach whom as comma-separated values (RFC 4180): a line for each pair of groups."""

from __future__ import annotations

import csv
from io import StringIO

from calicoctl.analysis import wording
from calicoctl.printers.connectivity.answer import Answer
from calicoctl.printers.connectivity.limits import refuse_more

_MOST = 2_000_000
"""So many lines at most: spreadsheets take about a million."""


def show(answer: Answer) -> str:
    """A heading, and a line for each pair that may exchange something."""
    rows = answer.connectivity.rows
    refuse_more(sum(len(row.sources) * len(row.destinations) for row in rows), _MOST, "csv", "lines")
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("from", "to", "services", "ip versions"))
    for row in rows:
        services = wording.services(row.services)
        for one, other in row.pairs():
            versions = sorted(one.versions & other.versions & frozenset(row.versions))
            writer.writerow((one.name, other.name, services, " ".join(map(str, versions))))
    return text.getvalue()
