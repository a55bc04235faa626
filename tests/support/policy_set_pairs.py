"""Pairs of random policy sets with the same endpoints: before and after a change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from random import Random

from tests.support.random_policies import Manifest, random_host_policy, random_node_set, random_policy_set


def random_pair(random: Random) -> tuple[list[Manifest], list[Manifest]]:
    """Before and after."""
    before = random_policy_set(random)
    return before, random.choice(_CHANGES)(before, random)


def random_node_pair(random: Random) -> tuple[list[Manifest], list[Manifest]]:
    """Before and after a change of the policies of nodes with host endpoints."""
    before = random_node_set(random)
    policies = [manifest for manifest in before if manifest["kind"] == "policy"]
    changed = random.choice(policies)
    new = [random_host_policy(random, changed["metadata"]["name"])] if random.random() < 0.8 else []
    return before, [*new, *(manifest for manifest in before if manifest is not changed)]


def _is_endpoint(manifest: Manifest) -> bool:
    return "Endpoint" in manifest["kind"]


def _replace_policies(before: Sequence[Manifest], random: Random) -> list[Manifest]:
    """Other profiles and policies; profiles that are missing then stay as they were."""
    other = [manifest for manifest in random_policy_set(random) if not _is_endpoint(manifest)]
    names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in other}
    kept = [
        manifest
        for manifest in before
        if _is_endpoint(manifest)
        or (manifest["kind"] == "profile" and (manifest["kind"], _name(manifest)) not in names)
    ]
    return [*other, *kept]


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _replace_rules(before: Sequence[Manifest], random: Random) -> list[Manifest]:
    """One policy or profile with the rules of one direction from elsewhere."""
    after = copy.deepcopy(list(before))
    donors = [manifest for manifest in random_policy_set(random) if not _is_endpoint(manifest)]
    owners = [manifest for manifest in after if not _is_endpoint(manifest)]
    if donors and owners:
        direction = random.choice(["ingress", "egress"])
        rules = random.choice(donors)["spec"].get(direction, [])
        spec = random.choice(owners)["spec"]
        # Policies with these flags need special rules, and apply to host endpoints only.
        if not spec.get("doNotTrack") and not spec.get("preDNAT"):
            spec[direction] = rules
    return after


def _remove_policy(before: Sequence[Manifest], random: Random) -> list[Manifest]:
    """A policy less."""
    policies = [manifest for manifest in before if manifest["kind"] == "policy"]
    gone = random.choice(policies) if policies else None
    return [manifest for manifest in before if manifest is not gone]


def _change_labels(before: Sequence[Manifest], random: Random) -> list[Manifest]:
    """Other labels of a profile or an endpoint, and other profiles of an endpoint."""
    after = copy.deepcopy(list(before))
    one = random.choice([manifest for manifest in after if manifest["kind"] != "policy"])
    one["metadata"]["labels"] = {"role": random.choice(["web", "db"]), "env": random.choice("ab")}
    if _is_endpoint(one):
        random.shuffle(one["spec"]["profiles"])
    return after


_CHANGES: Sequence[Callable[[Sequence[Manifest], Random], list[Manifest]]] = (
    _replace_policies,
    _replace_rules,
    _replace_rules,
    _remove_policy,
    _change_labels,
)
