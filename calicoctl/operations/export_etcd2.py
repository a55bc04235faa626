"""Implementation of `export --from-etcd2`: the contents of a v1 datastore in etcd v2 as v1 manifests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calicoctl.config import Settings
from calicoctl.conversion.etcd2.store import ROOT, describe_other_keys, read_store
from calicoctl.datastore import etcd2
from calicoctl.errors import Position, Problem
from calicoctl.findings import SEMANTICS
from calicoctl.manifest import Document, Source
from calicoctl.manifest.plain import mapping_node
from calicoctl.name_list import count_noun
from calicoctl.operations.export import EXPORTED_KINDS, Export, group_documents
from calicoctl.resource import Resource
from calicoctl.schema.validate import validate

Manifest = Mapping[str, Any]


def export_etcd2(settings: Settings) -> Export:
    """Read a v1 datastore.

    A resource that validation rejects is exported as stored, with a warning, so that the user can correct it. A
    resource that no v1 manifest represents is a problem of the export.

    Raises:
        DatastoreUnreachable, UsageError: as `etcd2.read_directory`.
    """
    contents = read_store(etcd2.read_directory(settings, ROOT))
    resources: list[Resource] = []
    invalid: list[Manifest] = []
    warnings: list[str] = []
    for manifest in contents.manifests:
        result = validate([Document(Source("", ""), mapping_node(manifest))])
        valid = [] if result.problems else [item.resource for item in result.resources if item.resource]
        resources += valid
        invalid += [] if valid else [manifest]
        warnings += (f"{problem} (correct it before the import)" for problem in result.problems)
    for description, keys in describe_other_keys(contents.other_keys):
        warnings.append(f"not exported: {description}: {count_noun(len(keys), 'key')}, such as {keys[0]}")
    problems = (
        Problem(Position(key), "", "", f"not exported: {reason}", SEMANTICS) for key, reason in contents.rejected
    )
    return Export(_documents(resources, invalid), tuple(warnings), tuple(problems))


def _documents(resources: Iterable[Resource], invalid: Sequence[Manifest]) -> dict[str, list[Manifest]]:
    groups = group_documents(resources)
    documents = {
        kind: [*groups.get(kind, ()), *(manifest for manifest in invalid if manifest["kind"] == kind)]
        for kind in EXPORTED_KINDS
    }
    return {kind: listed for kind, listed in documents.items() if listed}
