"""Rewrites of manifests that keep the allowed traffic."""

from __future__ import annotations

from typing import Any


def split_ports(manifests: list[Any]) -> None:
    """Split each port range in two."""
    for rule in all_rules(manifests):
        for side in (rule["source"], rule["destination"]):
            if "ports" in side:
                side["ports"] = [part for run in side["ports"] for part in split_range(run)]


def split_range(run: int | str) -> list[int | str]:
    low, _, high = str(run).partition(":")
    if not high:
        return [run]
    middle = (int(low) + int(high)) // 2
    return [f"{low}:{middle}", f"{middle + 1}:{high}"]


def split_networks(manifests: list[Any]) -> None:
    """Split a network in two."""
    for rule in all_rules(manifests):
        for side in (rule["source"], rule["destination"]):
            if "10.0.0.0/24" in side.get("nets", ()):
                side["nets"] = [*(net for net in side["nets"] if net != "10.0.0.0/24"), "10.0.0.0/25", "10.0.0.128/25"]


def prepend_log_rules(manifests: list[Any]) -> None:
    """Insert a `log` rule before all others; `Log` in v3."""
    for manifest in manifests:
        action = "Log" if manifest.get("apiVersion") == "projectcalico.org/v3" else "log"
        for direction in ("ingress", "egress"):
            if manifest["spec"].get(direction):
                manifest["spec"][direction].insert(0, {"action": action, "source": {}, "destination": {}})


def duplicate_rules(manifests: list[Any]) -> None:
    """Duplicate each rule: the second one never matches."""
    for manifest in manifests:
        for direction in ("ingress", "egress"):
            if manifest["spec"].get(direction):
                manifest["spec"][direction] = [rule for rule in manifest["spec"][direction] for _ in (1, 2)]


def reorder_manifests(manifests: list[Any]) -> None:
    """Reverse the manifests, and scale the orders of the policies."""
    manifests.reverse()
    for manifest in manifests:
        if "order" in manifest["spec"]:
            manifest["spec"]["order"] = manifest["spec"]["order"] * 10 + 7


REWRITES = (split_ports, split_networks, prepend_log_rules, duplicate_rules, reorder_manifests)


def all_rules(manifests: list[Any]) -> list[Any]:
    return [rule for manifest in manifests for name in ("ingress", "egress") for rule in manifest["spec"].get(name, ())]
