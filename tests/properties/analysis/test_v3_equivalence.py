"""A v1 resource, and the v3 manifest that `convert` makes of it, have the same effect in an analysis."""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random

from calicoctl.analysis import PolicySet, build_policy_set
from calicoctl.analysis.semantic_diff.compare import compare_policy_sets
from calicoctl.conversion.v3_manifest import v3_manifest
from calicoctl.kinds import find_kind
from calicoctl.manifest import Source, load
from calicoctl.operations.policy_sets.sources import sources_from_manifests
from calicoctl.schema.analysed_documents import validate_analysed
from tests.support.policies import Manifest, policy_set_from
from tests.support.random_policies import random_policy_set

SEEDS = range(60_000, 60_040)


def test_converted_manifests_allow_the_same_traffic() -> None:
    compared = 0
    for seed in SEEDS:
        random = Random(seed)  # noqa: S311  # no secret
        resources = [one for one in random_policy_set(random) if "applyOnForward" not in one]
        before, after = policy_set_from(resources), as_v3(resources)
        if after is None:
            continue
        difference = compare_policy_sets(before, after)
        assert difference.unchanged, seed
        assert len(before.policies) == len(after.policies)
        compared += len(before.endpoints)
    assert compared > len(SEEDS)


def as_v3(resources: Iterable[Manifest]) -> PolicySet | None:
    """Return the policy set of the v3 forms of v1 manifests; None with port 0, which neither version accepts."""
    manifests = []
    for one in resources:
        kind = find_kind(one["kind"])
        assert kind
        manifests.append(v3_manifest(kind, kind.resource(*kind.normalize(one))))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    result = validate_analysed(load([Source("v3.json", text)], []).documents, with_positions=True)
    if result.problems:
        assert all("'0:79' is not a port" in problem.message for problem in result.problems)
        return None
    found = sources_from_manifests(result.resources)
    return build_policy_set(found.sources, found.notes)
