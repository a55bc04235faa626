"""Placeholder endpoints: endpoints that are in no manifest, with a profile and labels."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.analysis.model.policy_set import Endpoint, Profile
from calicoctl.kinds.values.labels import KUBERNETES, with_location_labels
from calicoctl.kinds.values.names import STORED_NAMESPACE_PROFILE_PREFIX
from calicoctl.resource import Identifier


def placeholder_endpoint(profile: str, labels: Mapping[str, str] | None = None, name: str = "") -> Endpoint:
    """Return an endpoint that is in no manifest, with labels and a profile (none if empty)."""
    profiles = (profile,) if profile else ()
    return Endpoint(Identifier("endpoint", (name or f"an endpoint of {profile}",)), labels or {}, profiles, None)


def placeholder_of_profile(profile: Profile, labels: Mapping[str, str] | None = None, name: str = "") -> Endpoint:
    """Return an endpoint with a profile that exists.

    With the v3 profile `kns.NAMESPACE` it is a pod, so it also has the labels that Calico gives the pods of the
    namespace, unless `labels` has other values.
    """
    *_, profile_name = profile.identifier.values
    namespace = profile_name.removeprefix(STORED_NAMESPACE_PROFILE_PREFIX)
    if namespace != profile_name:
        labels = with_location_labels(labels or {}, namespace, KUBERNETES)
    return placeholder_endpoint(profile.name, labels, name or f"an endpoint of {profile.identifier}")
