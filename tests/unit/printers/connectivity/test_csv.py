"""Connectivity as CSV."""

from __future__ import annotations

import csv
from io import StringIO

from tests.support.connectivity_answers import NASTY_NAME, SHOP, make_result, profile, render, rule


def test_csv_has_a_line_for_each_pair() -> None:
    rows = list(csv.reader(StringIO(render("csv", make_result(SHOP)))))
    assert rows[0] == ["from", "to", "services", "ip versions"]
    assert [row for row in rows if row[2] == "tcp 443"] == [
        [source, destination, "tcp 443", "4"]
        for source in ("profile/web in 10.0.0.0/8", "outside in 10.0.0.0/8")
        for destination in ("profile/web in 10.0.0.0/8", "profile/web with tier=canary")
        # traffic from a single endpoint to itself is not included
        if source != destination
    ]
    assert {len(row) for row in rows} == {4}


def test_csv_keeps_every_name_as_it_is() -> None:
    rows = list(
        csv.reader(StringIO(render("csv", make_result([profile("p", [rule()], [rule()], k=NASTY_NAME)], "label", "k"))))
    )
    assert [f"k={NASTY_NAME}", f"k={NASTY_NAME}", "all", "4 6"] in rows
