"""Documents as input of the analysis: v1 resources, v3 manifests and network policies of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from calicoctl.manifest import Document
from calicoctl.manifest.v3_lists import flatten_list, is_v3
from calicoctl.schema.foreign_documents import is_kubernetes_policy
from calicoctl.schema.kubernetes_objects import read_kubernetes_policy
from calicoctl.schema.v3_objects import LocatedV3Object, read_v3_object
from calicoctl.schema.validate import ValidationResult, validate


def validate_analysed(documents: Iterable[Document], *, with_positions: bool) -> ValidationResult:
    """Validate v1 resources, and read the other manifests as `LocatedV3Object`; see `validate`."""
    v1_documents: list[Document] = []
    other = ValidationResult()
    for document in documents:
        if is_v3(document):
            other.resources += _v3_objects(document, other, with_positions=with_positions)
        elif is_kubernetes_policy(document):
            policy = read_kubernetes_policy(document, other, with_positions=with_positions)
            other.resources += [policy] if policy else []
        else:
            v1_documents.append(document)
    return ValidationResult.merge((validate(v1_documents, with_positions=with_positions), other))


def _v3_objects(document: Document, result: ValidationResult, *, with_positions: bool) -> Iterator[LocatedV3Object]:
    for item in flatten_list(document, result.problems):
        if located := read_v3_object(item, result):
            yield (
                replace(located, locate_field=item.locate_field, empty_fields=item.empty_fields)
                if with_positions
                else located
            )
