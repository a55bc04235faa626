"""v1 manifests as plain mappings to the policies that they are: the way in for who uses the analysis as a library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis.build import build_policy_set
from calicoctl.analysis.model import PolicySet, PolicySource
from calicoctl.kinds import find_kind


def policy_set_from_manifests(manifests: Iterable[Mapping[str, Any]]) -> PolicySet:
    """What manifests say, each as the mapping that YAML or JSON makes of it.

    Without any endpoint one stands in for each profile. Kinds that have no say in traffic are passed over.
    `calicoctl validate` tells more of what is wrong with a manifest, and where.

    Raises:
        ValueError: one is no manifest of a v1 kind, or says something that the kind does not take.
    """
    return build_policy_set([_source_from_manifest(number, manifest) for number, manifest in enumerate(manifests)])


def _source_from_manifest(index: int, manifest: Mapping[str, Any]) -> PolicySource:
    kind = find_kind(str(manifest.get("kind")))
    if kind is None:
        raise ValueError(f"manifest {index}: there is no kind {manifest.get('kind')!r}")
    try:
        problems = [f"{'.'.join(map(str, path))}: {message}" for path, message in kind.check(manifest)]
        resource = None if problems else kind.resource(*kind.normalize(manifest))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"manifest {index}: is no {kind.name} ({type(error).__name__}: {error})") from None
    if resource is None:
        raise ValueError(f"manifest {index}: {'; '.join(problems)}")
    return PolicySource(resource)
