"""Effective labels of stored resources, as selectors match them.

An endpoint has its own labels, then those of its first profile that has the label (libcalico-go `labelindex`).
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

ENDPOINT_KINDS: tuple[Kind, ...] = (HOST_ENDPOINT, WORKLOAD_ENDPOINT)

LABELLED_KINDS = (PROFILE, *ENDPOINT_KINDS)
"""Kinds that have labels."""

PROFILE_RANGE = Range(PROFILE.stored_kind.prefix, prefix=True)
"""Range with the labels that endpoints inherit."""


def parse_label_selector(text: str) -> Selector:
    """Parse a v1 selector for stored labels.

    Raises:
        SelectorError: the text is not a selector.
    """
    return parse(selector_to_v3(text.strip()))


def select_by_labels(entries: Iterable[StoredEntry], selector: Selector, view: StoreView) -> list[StoredEntry]:
    """Return the entries whose effective labels match a selector. `view` contains the profiles."""
    profiles = {each.stored.segment: each.stored.spec for each in view.entries_of_kind(PROFILE) if each.stored}
    labels_of_profiles = {name: spec.get("labelsToApply") or {} for name, spec in profiles.items()}
    return [each for each in entries if each.stored and selector.matches(_effective_labels(each, labels_of_profiles))]


def _effective_labels(entry: StoredEntry, labels_of_profiles: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    stored = entry.stored
    assert stored is not None  # noqa: S101 - the caller skips unreadable entries
    if entry.kind is PROFILE:
        return dict(stored.spec.get("labelsToApply") or {})
    labels: dict[str, str] = {}
    for name in reversed(stored.spec.get("profiles") or ()):
        labels.update(labels_of_profiles.get(name, {}))
    labels.update(stored.metadata.get("labels") or {})
    return labels
