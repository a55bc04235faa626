"""The labels that selectors see: those of an endpoint and of its profiles, as the agent puts them together.

An endpoint's own labels win, then those of the first profile that has them (libcalico-go `labelindex`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from calicoctl.datastore import Range
from calicoctl.kinds import Kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.selector import Selector, parse

LABELLED_KINDS: tuple[Kind, ...] = (PROFILE, HOST_ENDPOINT, WORKLOAD_ENDPOINT)
"""The kinds that carry labels."""

PROFILE_RANGE = Range(PROFILE.stored_kind.prefix, prefix=True)
"""What to read besides, to know what endpoints inherit."""


def parse_label_selector(text: str) -> Selector:
    """The selector that a text means over stored labels.

    Raises:
        SelectorError: the text is no selector.
    """
    return parse(selector_to_v3(text.strip()))


def select_by_labels(hits: Iterable[StoredEntry], selector: Selector, view: StoreView) -> list[StoredEntry]:
    """Those hits whose labels the selector selects."""
    profiles = {hit.stored.segment: hit.stored.spec for hit in view.entries_of_kind(PROFILE) if hit.stored}
    labels_of_profiles = {name: spec.get("labelsToApply") or {} for name, spec in profiles.items()}
    return [hit for hit in hits if hit.stored and selector.matches(_effective_labels(hit, labels_of_profiles))]


def _effective_labels(hit: StoredEntry, labels_of_profiles: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    stored = hit.stored
    assert stored is not None  # noqa: S101 - asked for objects only
    if hit.kind is PROFILE:
        return dict(stored.spec.get("labelsToApply") or {})
    labels: dict[str, str] = {}
    for name in reversed(stored.spec.get("profiles") or ()):
        labels.update(labels_of_profiles.get(name, {}))
    labels.update(stored.metadata.get("labels") or {})
    return labels
