"""Names of endpoint groups: as short as possible, and different."""

from __future__ import annotations

import csv
from io import StringIO

from tests.support.connectivity_answers import endpoint, make_result, profile, render, rule


def test_endpoints_have_the_shortest_names_that_tell_them_apart() -> None:
    some = [endpoint(name, f"10.0.0.{number}", "a") for number, name in enumerate(["x", "outside", ""], 1)]
    text = render("csv", make_result([profile("a", [rule()], [rule()]), *some], "endpoint"))
    assert {row[0] for row in csv.reader(StringIO(text))} == {
        *("from", "x", "workloadEndpoint/n/o/w/outside", "workloadEndpoint/n/o/w", "outside")
    }


def test_a_part_is_named_by_several_labels_where_one_does_not_do() -> None:
    open_to = {"selector": "app == 'a' && tier == 'web'"}
    some = [
        endpoint(f"{app}-{tier}-{number}", f"10.0.{number}.{place}", "p", app=app, tier=tier)
        for number in (1, 2)
        for place, (app, tier) in enumerate([("a", "web"), ("a", "db"), ("b", "web")], 1)
    ]
    text = render("text", make_result([profile("p", [rule(source=open_to)], [rule()]), *some]))
    assert "profile/p with app=a and tier=web   profile/p" in text
