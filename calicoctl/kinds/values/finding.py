"""Findings of the kinds: the path of a field in its resource, and the problem."""

from __future__ import annotations

from calicoctl.resource import FieldPath

FieldFinding = tuple[FieldPath, str]
