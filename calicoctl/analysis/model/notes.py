"""Notes for the user about a policy set: resources that the agent ignores, and limits of the evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.name_list import count_noun


def policy_set_notes(policy_set: PolicySet) -> Iterator[str]:
    """Yield the notes about a policy set."""
    for profile in policy_set.profiles.values():
        if rejection := profile.origin.enforced.rejection:
            yield f"{profile.identifier}: the agent ignores its labels: {rejection}"
    missing: dict[str, Endpoint] = {}
    without_address = [endpoint for endpoint in policy_set.endpoints if endpoint.addresses == ()]
    for endpoint in policy_set.endpoints:
        missing.update((name, endpoint) for name in endpoint.profiles if name not in policy_set.profiles)
    for name, endpoint in sorted(missing.items()):
        yield f"profile/{name} does not exist: the agent denies the traffic of {endpoint.identifier} that reaches it"
    if without_address:
        number = count_noun(len(without_address), "endpoint")
        yield f"ignored {number} without an address, such as {without_address[0].identifier}"
    if shared := [item for item in policy_set.endpoints_by_address.items() if len(item[1]) > 1]:
        address, owners = shared[0]
        names = " and of ".join(str(owner.identifier) for owner in owners)
        yield f"{address} is an address of {names}: rules cannot distinguish them"
    if any(endpoint.host for endpoint in policy_set.endpoints):
        yield "host endpoints are evaluated without the failsafe ports of the agent"
