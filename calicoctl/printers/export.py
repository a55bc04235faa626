"""Manifests of an exported datastore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calicoctl.kinds.values.numbers import format_manifest_float
from calicoctl.manifest.stored_objects import STORED_OBJECT
from calicoctl.manifest.writer import to_yaml
from calicoctl.name_list import count_noun

Documents = Mapping[str, Sequence[Mapping[str, Any]]]


def format_manifest(documents: Documents) -> str:
    """Return all documents as one YAML list."""
    return _to_yaml(document for group in documents.values() for document in group)


def format_files(documents: Documents) -> dict[str, str]:
    """Return a YAML list for each kind, by file name."""
    return {file_name(kind): _to_yaml(group) for kind, group in documents.items()}


def file_name(kind: str) -> str:
    """Return the name of the file with the documents of a kind."""
    return f"{kind}.yaml"


def format_summary(documents: Documents) -> str:
    """Return the number of documents: `3 resources and 1 stored object`."""
    objects = len(documents.get(STORED_OBJECT, ()))
    resources = sum(map(len, documents.values())) - objects
    return f"{count_noun(resources, 'resource')} and {count_noun(objects, 'stored object')}"


def _to_yaml(documents: Iterable[Mapping[str, Any]]) -> str:
    return to_yaml(list(documents), _format_number)


def _format_number(number: float) -> str:
    """Return the number in YAML. An integer that is not a float has all digits, such as sequence numbers of IPAM."""
    is_float = not isinstance(number, int) or int(float(number)) == number
    return format_manifest_float(number) if is_float else str(number)
