"""Membership of a resource in a named set: an annotation on its object."""

from __future__ import annotations

import re
from dataclasses import replace

from calicoctl.storage import StoredResource

SET_ANNOTATION = "projectcalico.org/v1-set"
_SET_NAME = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")


def is_valid_set_name(text: str) -> bool:
    """Return whether a set can have this name. The rule is that of Kubernetes label values."""
    return _SET_NAME.fullmatch(text) is not None


def set_name(stored: StoredResource) -> str | None:
    """Return the set of an object; None if it belongs to none."""
    return stored.annotations.get(SET_ANNOTATION)


def without_set(stored: StoredResource) -> StoredResource:
    """Return the object as a member of no set."""
    annotations = {name: text for name, text in stored.annotations.items() if name != SET_ANNOTATION}
    metadata = {name: value for name, value in stored.metadata.items() if name != "annotations"}
    return replace(stored, metadata={**metadata, **({"annotations": annotations} if annotations else {})})


def with_set(stored: StoredResource, name: str) -> StoredResource:
    """Return the object as a member of a set."""
    annotations = {**stored.annotations, SET_ANNOTATION: name}
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})
