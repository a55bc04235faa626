"""Connectivity as text: a table."""

from __future__ import annotations

import re

from tests.support.connectivity_answers import NASTY_NAME, SHOP, endpoint, make_result, profile, render, rule

# --- text --------------------------------------------------------------------------------------------------


def test_text_is_a_table_of_rows() -> None:
    """Only one web server is in the office's network, so the profile is told in two parts."""
    assert render("text", make_result(SHOP)).splitlines() == [
        "Allowed traffic, by profile",
        "(a.yaml: this and that)",
        "",
        "FROM                                               TO            ALLOWED",
        "profile/web                                        profile/db    tcp 3306",
        "profile/web                                        outside       all",
        "profile/web in 10.0.0.0/8, outside in 10.0.0.0/8   profile/web   tcp 443",
        "",
        "No traffic is allowed from or to profile/idle.",
    ]


def test_text_counts_what_a_list_leaves_out() -> None:
    some = [profile(f"p{number}", [rule()], [rule()]) for number in range(6)]
    assert "profile/p0, profile/p1, profile/p2 and 3 more" in render("text", make_result(some))


def test_text_says_when_there_is_nothing_to_say() -> None:
    assert "No endpoints and no profiles found" in render("text", make_result([]))
    assert render("text", make_result([profile("a")])).splitlines()[-1] == "No traffic is allowed."


def test_text_is_a_line_a_row_whatever_names_are() -> None:
    text = render("text", make_result([profile("p", [rule()], [rule()], k=NASTY_NAME)], "label", "k"))
    assert "\x1b" not in text
    assert len(text.splitlines()) == 6


def test_ip_versions_are_told_where_they_differ_and_only_there() -> None:
    pings = [profile("a", [rule(icmp={"type": 8})], [rule()]), endpoint("a1", "10.0.0.1", "a")]
    alone = render("text", make_result(pings))
    assert re.search(r"^outside +profile/a +icmp 8$", alone, re.MULTILINE)
    pings[1]["spec"]["ipNetworks"].append("fd00::1")
    both = render("text", make_result(pings))
    assert re.search(r"^outside +profile/a +icmp 8 \(IPv4 only\)$", both, re.MULTILINE)
    assert re.search(r"^outside +profile/a +icmpv6 8 \(IPv6 only\)$", both, re.MULTILINE)
