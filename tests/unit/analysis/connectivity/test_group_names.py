"""Names of endpoint groups: as short as possible, and different."""

from __future__ import annotations

import csv
from io import StringIO

from tests.support.connectivity_answers import endpoint, make_result, profile, render, rule


def test_endpoints_have_the_shortest_unique_names() -> None:
    endpoints = [endpoint(name, f"10.0.0.{number}", "a") for number, name in enumerate(["x", "outside", ""], 1)]
    text = render("csv", make_result([profile("a", [rule()], [rule()]), *endpoints], "endpoint"))
    assert {row[0] for row in csv.reader(StringIO(text))} == {
        *("from", "x", "workloadEndpoint/n/o/w/outside", "workloadEndpoint/n/o/w", "outside")
    }


def test_a_group_is_named_by_several_labels_if_one_is_not_enough() -> None:
    open_to = {"selector": "app == 'a' && tier == 'web'"}
    endpoints = [
        endpoint(f"{app}-{tier}-{number}", f"10.0.{number}.{place}", "p", app=app, tier=tier)
        for number in (1, 2)
        for place, (app, tier) in enumerate([("a", "web"), ("a", "db"), ("b", "web")], 1)
    ]
    text = render("text", make_result([profile("p", [rule(source=open_to)], [rule()]), *endpoints]))
    assert "profile/p with app=a and tier=web   profile/p" in text
