"""Policy sets from v1 manifests that a YAML or JSON parser has read, for the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis.model.build import build_policy_set
from calicoctl.analysis.model.policy_set import PolicySet, PolicySource
from calicoctl.kinds import find_kind


def policy_set_from_manifests(manifests: Iterable[Mapping[str, Any]]) -> PolicySet:
    """Build a policy set from manifests, each a mapping as a YAML or JSON parser returns it.

    Without any endpoint, the set has a placeholder endpoint for each profile. Kinds that do not affect traffic are
    skipped. `calicoctl validate` reports problems of manifests in more detail.

    Raises:
        ValueError: a manifest is not of a v1 kind, or is invalid.
    """
    return build_policy_set([_source_from_manifest(number, manifest) for number, manifest in enumerate(manifests)])


def _source_from_manifest(index: int, manifest: Mapping[str, Any]) -> PolicySource:
    kind = find_kind(str(manifest.get("kind")))
    if kind is None or str(manifest["kind"]).lower() != kind.name.lower():  # aliases include kinds of v3
        raise ValueError(f"manifest {index}: no kind {manifest.get('kind')!r}")
    try:
        problems = [f"{'.'.join(map(str, path))}: {message}" for path, message in kind.check(manifest)]
        resource = None if problems else kind.resource(*kind.normalize(manifest))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"manifest {index}: not a {kind.name} ({type(error).__name__}: {error})") from None
    if resource is None:
        raise ValueError(f"manifest {index}: {'; '.join(problems)}")
    return PolicySource(resource)
