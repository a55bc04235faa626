"""The named set that a resource belongs to: an annotation on its object, so that no list can go out of step."""

from __future__ import annotations

import re
from dataclasses import replace

from calicoctl.storage import StoredResource

SET_ANNOTATION = "projectcalico.org/v1-set"
_SET_NAME = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")


def is_valid_set_name(text: str) -> bool:
    """Whether a set can be called that: as the value of a label in Kubernetes."""
    return _SET_NAME.fullmatch(text) is not None


def set_name(stored: StoredResource) -> str | None:
    """The set that an object belongs to."""
    return stored.annotations.get(SET_ANNOTATION)


def with_set(stored: StoredResource, name: str) -> StoredResource:
    """The object as a member of a set."""
    annotations = {**stored.annotations, SET_ANNOTATION: name}
    return replace(stored, metadata={**stored.metadata, "annotations": annotations})
