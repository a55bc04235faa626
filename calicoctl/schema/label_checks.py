"""Checks of label keys and values as in Kubernetes and Calico 3 (`IsQualifiedName` and `IsValidLabelValue`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.kinds.values.names import is_qualified_name
from calicoctl.resource import FieldPath
from calicoctl.schema.explain import SchemaError

_FORM = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"


def label_errors(path: FieldPath, labels: Mapping[str, str]) -> Iterator[SchemaError]:
    """Yield the errors in labels."""
    for key, text in labels.items():
        yield from key_errors((*path, key), key, at_key=True)
        yield from value_errors((*path, key), text)


def key_errors(path: FieldPath, key: str, *, at_key: bool = False) -> Iterator[SchemaError]:
    """Yield the error in the key of a label, or none."""
    if not is_qualified_name(key):
        message = f"{key!r} is not a label key (write {_FORM}; a domain and '/' can precede)"
        yield SchemaError(path, message, at_key=at_key)


def value_errors(path: FieldPath, text: str) -> Iterator[SchemaError]:
    """Yield the error in the value of a label, or none."""
    if text and ("/" in text or not is_qualified_name(text)):
        yield SchemaError(path, f"{text!r} is not a label value (write {_FORM})")
