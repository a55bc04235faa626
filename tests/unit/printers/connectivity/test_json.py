"""Connectivity as JSON."""

from __future__ import annotations

import json

from tests.support.connectivity_answers import SHOP, make_result, render


def test_json_has_everything() -> None:
    value = json.loads(render("json", make_result(SHOP, notes=["a note"])))
    head = {key: value[key] for key in ("formatVersion", "groupBy", "focus", "services", "basis", "notes")}
    assert head == {
        "formatVersion": 1,
        "groupBy": "profile",
        "focus": None,
        "services": ["all"],
        "basis": "a.yaml: this and that",
        "notes": ["a note"],
    }
    assert value["rows"] == [
        {"from": [web, canary], "to": to, "services": [services], "ipVersions": [4]}
        for web, canary, to, services in [
            ("profile/web in 10.0.0.0/8", "profile/web with tier=canary", ["profile/db"], "tcp 3306"),
            (
                "profile/web in 10.0.0.0/8",
                "profile/web with tier=canary",
                ["outside but not in 10.0.0.0/8", "outside in 10.0.0.0/8"],
                "all",
            ),
            (
                "profile/web in 10.0.0.0/8",
                "outside in 10.0.0.0/8",
                ["profile/web in 10.0.0.0/8", "profile/web with tier=canary"],
                "tcp 443",
            ),
        ]
    ]
    groups = {group["name"]: group for group in value["groups"]}
    assert list(groups) == [
        "profile/db",
        "profile/idle",
        "profile/web in 10.0.0.0/8",
        "profile/web with tier=canary",
        "outside but not in 10.0.0.0/8",
        "outside in 10.0.0.0/8",
    ]
    assert groups["profile/web with tier=canary"] == {
        "name": "profile/web with tier=canary",
        "heading": "profile/web",
        "whole": False,
        "focused": False,
        "ipVersions": [4],
        "members": [
            {
                "name": "workloadEndpoint/n/o/w/web2",
                "addresses": ["192.168.0.9"],
                "within": None,
                "without": None,
                "withoutPolicy": ["ingress", "egress"],
            }
        ],
    }
    assert groups["outside but not in 10.0.0.0/8"]["members"] == [
        {
            "name": "outside",
            "addresses": None,
            "within": ["0.0.0.0/0", "::/0"],
            "without": ["10.0.0.0/8"],
            "withoutPolicy": [],
        }
    ]
