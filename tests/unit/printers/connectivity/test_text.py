"""Connectivity as text: a table."""

from __future__ import annotations

import re

from tests.support.connectivity_answers import NASTY_NAME, SHOP, endpoint, make_result, profile, render, rule


def test_text_is_a_table_of_rows() -> None:
    """One of two web servers is in the network of the office, so the profile has two groups."""
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


def test_text_shows_the_number_of_hidden_names() -> None:
    manifests = [profile(f"p{number}", [rule()], [rule()]) for number in range(6)]
    assert "profile/p0, profile/p1, profile/p2 and 3 more" in render("text", make_result(manifests))


def test_text_reports_an_empty_result() -> None:
    assert render("text", make_result([profile("a")])).splitlines()[-1] == "No traffic is allowed."


def test_text_has_one_line_for_each_row_with_special_characters_in_names() -> None:
    text = render("text", make_result([profile("p", [rule()], [rule()], k=NASTY_NAME)], "label", "k"))
    assert "\x1b" not in text
    assert len(text.splitlines()) == 6


def test_ip_versions_are_shown_only_if_they_differ() -> None:
    pings = [profile("a", [rule(icmp={"type": 8})], [rule()]), endpoint("a1", "10.0.0.1", "a")]
    alone = render("text", make_result(pings))
    assert re.search(r"^outside +profile/a +icmp 8$", alone, re.MULTILINE)
    pings[1]["spec"]["ipNetworks"].append("fd00::1")
    both = render("text", make_result(pings))
    assert re.search(r"^outside +profile/a +icmp 8 \(IPv4 only\)$", both, re.MULTILINE)
    assert re.search(r"^outside +profile/a +icmpv6 8 \(IPv6 only\)$", both, re.MULTILINE)


def test_text_names_the_endpoints_without_a_policy() -> None:
    """Groups with the same connectivity may differ in policies: then their endpoints are named."""
    resources = [
        profile("web", [rule()], [rule()]),
        endpoint("web1", "10.0.0.1", "web"),
        endpoint("web2", "10.0.0.2", "web"),
        profile("db", [rule()], [rule()]),
        endpoint("db1", "10.0.0.3", "db"),
    ]
    assert "No policy" not in render("text", make_result(resources))
    for resource in resources:
        resource["metadata"].setdefault("labels", {})["name"] = resource["metadata"]["name"]
    spec = {"selector": "name == 'web1'", "ingress": [rule()]}
    resources.append({"kind": "policy", "metadata": {"name": "p"}, "spec": spec})
    assert render("text", make_result(resources)).splitlines()[-2:] == [
        "No policy applies to ingress of profile/db, workloadEndpoint/n/o/w/web2: profiles decide.",
        "No policy applies to egress of profile/db, profile/web: profiles decide.",
    ]
    spec["selector"], spec["egress"] = "name != 'db1'", [rule()]
    assert render("text", make_result(resources)).splitlines()[-1] == (
        "No policy applies to ingress and egress of profile/db: profiles decide."
    )


def test_endpoints_without_a_policy_and_a_profile_are_denied() -> None:
    resources = [
        profile("web", [rule()], [rule()]),
        endpoint("web1", "10.0.0.1", "web"),
        endpoint("bare1", "10.0.0.2", "web"),
        endpoint("bare2", "10.0.0.3", "web"),
        {"kind": "policy", "metadata": {"name": "p"}, "spec": {"selector": "x == 'y'", "ingress": [rule()]}},
    ]
    for bare in resources[2:4]:
        del bare["spec"]["profiles"]
    resources[3]["metadata"]["labels"] = {"x": "y"}
    lines = render("text", make_result(resources)).splitlines()
    assert [line for line in lines if line.startswith("No policy")] == [
        "No policy applies to ingress and egress of profile/web: profiles decide.",
        "No policy applies to ingress of endpoints without a profile without x: denied, because they have no profile.",
        "No policy applies to egress of endpoints without a profile: denied, because they have no profile.",
    ]
